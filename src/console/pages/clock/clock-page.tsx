import { Page } from '../../parts/page.js'

/** Clock. */
export const ClockPage = () => <Page title="Clock">Nothing yet</Page>
