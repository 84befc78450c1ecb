import { Page } from '../../parts/page.js'

/** Creation templates. */
export const CreationTemplatesPage = () => <Page title="Creation templates">Nothing yet</Page>
