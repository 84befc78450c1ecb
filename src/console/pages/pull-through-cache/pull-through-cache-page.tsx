import { Page } from '../../parts/page.js'

/** Pull through cache. */
export const PullThroughCachePage = () => <Page title="Pull through cache">Nothing yet</Page>
