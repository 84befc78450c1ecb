import { Page } from '../../parts/page.js'

/** Dashboard. */
export const DashboardPage = () => <Page title="Dashboard">Nothing yet</Page>
