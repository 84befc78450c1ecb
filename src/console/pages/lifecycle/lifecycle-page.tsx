import { Page } from '../../parts/page.js'

/** Lifecycle. */
export const LifecyclePage = () => <Page title="Lifecycle">Nothing yet</Page>
