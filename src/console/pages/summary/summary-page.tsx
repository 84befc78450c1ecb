import { Page } from '../../parts/page.js'

/** Summary. */
export const SummaryPage = () => <Page title="Summary">Nothing yet</Page>
