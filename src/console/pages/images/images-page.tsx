import { Page } from '../../parts/page.js'

/** Images. */
export const ImagesPage = () => <Page title="Images">Nothing yet</Page>
