import { Page } from '../../parts/page.js'

/** Scanning. */
export const ScanningPage = () => <Page title="Scanning">Nothing yet</Page>
