import { Page } from '../../parts/page.js'

/** Repositories. */
export const RepositoriesPage = () => <Page title="Repositories">Nothing yet</Page>
