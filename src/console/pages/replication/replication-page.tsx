import { Page } from '../../parts/page.js'

/** Replication. */
export const ReplicationPage = () => <Page title="Replication">Nothing yet</Page>
