import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { ReactNode } from 'react'
import type { Statistics } from '../../../control-plane/admin/admin-answers.js'
import type { Status } from '../../../control-plane/admin/status-route.js'
import { Bytes } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import { useAdmin } from '../../requests/admin.js'
import { counts } from './chart-units.js'

/** The figures that matter, in large. */
export function Headline({
  total: { pulls, bytes, checks },
  periodName,
  refetchInterval,
}: {
  readonly total: Statistics['total']
  readonly periodName: string
  readonly refetchInterval: number
}) {
  const { data: status } = useAdmin<Status>('/status', { refetchInterval })
  const all = pulls.cache + pulls.upstream
  const share = all === 0 ? '–' : `${Math.round((100 * pulls.cache) / all)} %`
  const imports = status?.imports ? counts.format(status.imports.count) : '–'
  return (
    <Container header={<Header variant="h2">{periodName}</Header>}>
      <KeyValuePairs
        columns={4}
        minColumnWidth={120}
        items={[
          { label: 'Pulls', value: <Large>{counts.format(all)}</Large> },
          { label: 'From cache', value: <Large>{share}</Large> },
          { label: 'The upstream was spared', value: <Large>{<Bytes value={bytes.cache} />}</Large> },
          { label: 'Fetched from the upstream', value: <Large>{<Bytes value={bytes.upstream} />}</Large> },
          { label: 'Upstream checks', value: <Large>{counts.format(checks.answered + checks.failed)}</Large> },
          { label: 'Failed checks', value: <Large>{counts.format(checks.failed)}</Large> },
          {
            label: 'Imports in flight, all registries',
            value: (
              <PageLink
                to="/activity?scope=all"
                variant="awsui-value-large"
                ariaLabel={`Imports in flight: ${imports}`}
              >
                {imports}
              </PageLink>
            ),
          },
        ]}
      />
    </Container>
  )
}

const Large = ({ children }: { readonly children: ReactNode }) => <Box variant="awsui-value-large">{children}</Box>
