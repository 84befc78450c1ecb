import SpaceBetween from '@cloudscape-design/components/space-between'
import type { Status } from '../../../control-plane/admin/status-route.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { Page } from '../../parts/page.js'
import { useAdmin } from '../../requests/admin.js'
import { EmulatorDetails } from './emulator-details.js'
import { LatestFailures } from './latest-failures.js'
import { RegistryDetails } from './registry-details.js'
import { RegistryFigures } from './registry-figures.js'
import { SettingsOverview } from './settings-overview.js'

const REFRESH_MS = 10_000

/** The registry at a glance: where it is, what it holds, how it is set up, and what serves it. */
export function SummaryPage() {
  const { data: status, error } = useAdmin<Status>('/status', { refetchInterval: REFRESH_MS })
  return (
    <Page title="Summary" description="The private registry of this account and Region.">
      <SpaceBetween size="l">
        <RegistryDetails />
        <RegistryFigures registries={status?.registries} />
        <SettingsOverview />
        <FailureAlert error={error} />
        {status && <EmulatorDetails status={status} />}
        {status && <LatestFailures failures={status.failures} />}
      </SpaceBetween>
    </Page>
  )
}
