import { PageLink } from './page-link.js'
import { Page } from './page.js'

/** For an address that no page has. */
export const UnknownPage = () => (
  <Page title="There is no such page" description="The address may be of another version of ecr-local.">
    <PageLink to="/">Go to the dashboard</PageLink>
  </Page>
)
