import { Page } from '../../parts/page.js'

/** Why?. */
export const WhyPage = () => <Page title="Why?">Nothing yet</Page>
