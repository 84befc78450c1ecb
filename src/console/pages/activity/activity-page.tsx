import { Page } from '../../parts/page.js'

/** Activity. */
export const ActivityPage = () => <Page title="Activity">Nothing yet</Page>
