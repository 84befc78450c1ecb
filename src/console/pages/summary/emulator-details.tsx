import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { Status } from '../../../control-plane/admin/status-route.js'
import { formatCount, formatDuration } from '../../../registry/amounts.js'
import { Bytes, Time } from '../../parts/amounts.js'
import { Duration } from '../../parts/duration.js'
import { PageLink } from '../../parts/page-link.js'

/** The process that answers, and what it says about itself. */
export function EmulatorDetails({ status }: { readonly status: Status }) {
  const { version, pid, planes, store, blobStorage, auth, startedAt, uptimeSeconds, clock, blobs, imports } = status
  return (
    <Container header={<Header variant="h2">ecr-local</Header>}>
      <SpaceBetween size="m">
        {status.warnings.map((warning) => (
          <Alert key={warning} type="warning" header="Warning">
            {warning}
          </Alert>
        ))}
        <KeyValuePairs
          columns={4}
          items={[
            { label: 'Version', value: version },
            { label: 'Process', value: `${pid}, ${planes.join(' and ')}` },
            { label: 'Running since', value: <Time value={startedAt} /> },
            { label: 'Uptime', value: <Duration seconds={uptimeSeconds} /> },
            { label: 'Store', value: store },
            { label: 'Storage of blobs', value: blobStorage },
            {
              label: 'Blobs, all registries',
              value: blobs ? (
                <>
                  {blobs.count.toLocaleString('en')}, <Bytes value={blobs.bytes} />
                </>
              ) : (
                'being counted'
              ),
            },
            { label: 'Authentication', value: AUTH[auth] ?? auth },
            { label: 'Clock', value: <PageLink to="/clock">{clockText(clock?.advancedSeconds)}</PageLink> },
            {
              label: 'Imports in flight',
              value: <PageLink to="/activity?scope=all">{formatCount(imports?.count ?? 0, 'import')}</PageLink>,
            },
          ]}
        />
      </SpaceBetween>
    </Container>
  )
}

const AUTH: Readonly<Record<string, string>> = {
  strict: 'Strict: only the configured access keys',
  relaxed: 'Relaxed: every access key',
}

const clockText = (advancedSeconds: number | undefined) =>
  advancedSeconds === undefined
    ? 'not known'
    : advancedSeconds === 0
      ? 'The time of the machine'
      : `${formatDuration(advancedSeconds)} ahead`
