import { Page } from '../../parts/page.js'

/** Registry permissions. */
export const RegistryPermissionsPage = () => <Page title="Registry permissions">Nothing yet</Page>
