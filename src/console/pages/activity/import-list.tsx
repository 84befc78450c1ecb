import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import ProgressBar from '@cloudscape-design/components/progress-bar'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState } from 'react'
import type { ImportInFlight, LayerInFlight } from '../../../control-plane/admin/admin-answers.js'
import { formatBytes, formatCount } from '../../../registry/amounts.js'
import { Time } from '../../parts/amounts.js'
import { RegistryLink } from '../../parts/registry-link.js'
import { shortDigest } from '../../parts/short-digest.js'

/** The imports in flight, a bar for each and for each of its layers. */
export function ImportList({ imports }: { readonly imports: readonly ImportInFlight[] | undefined }) {
  return (
    <Container
      header={
        <Header
          variant="h2"
          counter={imports && `(${imports.length})`}
          description="Images whose layers are being fetched from their upstream, or will be."
        >
          Imports in flight
        </Header>
      }
    >
      {imports === undefined ? (
        <StatusIndicator type="pending">Not known yet</StatusIndicator>
      ) : imports.length === 0 ? (
        <Box color="text-body-secondary">
          No imports in flight. One begins when an image is pulled that is not cached yet.
        </Box>
      ) : (
        <SpaceBetween size="l">
          {imports.slice(0, MAX_SHOWN).map((one, at) => (
            <OneImport key={keyOf(one)} import={one} isOpenFirst={at < OPEN_AT_FIRST} />
          ))}
          {imports.length > MAX_SHOWN && <Box>and {formatCount(imports.length - MAX_SHOWN, 'more import')}</Box>}
        </SpaceBetween>
      )}
    </Container>
  )
}

const MAX_SHOWN = 50
const OPEN_AT_FIRST = 3

const keyOf = ({ account, region, repository, digest, tag = '' }: ImportInFlight) =>
  [account, region, repository, digest, tag].join(' ')

function OneImport({ import: one, isOpenFirst }: { readonly import: ImportInFlight; readonly isOpenFirst: boolean }) {
  const { repository, tag, digest, receivedBytes, expectedBytes, isRunning, startedAt, failedAt, layers } = one
  const [isOpen, setOpen] = useState(isOpenFirst)
  const name = `${repository}${tag === undefined ? `@${digest}` : `:${tag}`}`
  return (
    <SpaceBetween size="xs">
      {isRunning ? (
        <ProgressBar
          value={percent(receivedBytes, expectedBytes)}
          label={
            <RegistryLink registry={one} to={`/repositories/${encodeURIComponent(repository)}`}>
              {name}
            </RegistryLink>
          }
          ariaLabel={`Import of ${name}`}
          description={
            <>
              {formatBytes(receivedBytes)} of {formatBytes(expectedBytes)}, begun at <Time value={startedAt} />
            </>
          }
        />
      ) : (
        <>
          <Box variant="awsui-key-label">{name}</Box>
          <StatusIndicator type="pending">Waits for its turn</StatusIndicator>
        </>
      )}
      {failedAt !== undefined && (
        <StatusIndicator type="warning">
          Failed at <Time value={failedAt} />; it is tried again. The events say why.
        </StatusIndicator>
      )}
      {layers.length > 0 && (
        <ExpandableSection
          headerText={`Layers of ${name} (${layers.length + (one.layersLeftOut ?? 0)})`}
          expanded={isOpen}
          onChange={({ detail }) => setOpen(detail.expanded)}
        >
          <Layers layers={layers} leftOut={one.layersLeftOut ?? 0} />
        </ExpandableSection>
      )}
    </SpaceBetween>
  )
}

const MAX_LAYERS = 40

/** The layers, those that are being received first, as they come. */
const Layers = ({ layers, leftOut }: { readonly layers: readonly LayerInFlight[]; readonly leftOut: number }) => (
  <SpaceBetween size="s">
    {layers.slice(0, MAX_LAYERS).map((layer) => (
      <OneLayer key={layer.digest} layer={layer} />
    ))}
    {layers.length + leftOut > MAX_LAYERS && (
      <Box>and {formatCount(layers.length + leftOut - MAX_LAYERS, 'more layer')}</Box>
    )}
  </SpaceBetween>
)

const STATES = { waiting: 'waiting', receiving: 'being received', stored: 'stored' } as const

function OneLayer({ layer: { digest, size, receivedBytes, state } }: { readonly layer: LayerInFlight }) {
  return (
    <ProgressBar
      variant="key-value"
      value={state === 'stored' ? 100 : percent(receivedBytes, size)}
      label={<span title={digest}>{shortDigest(digest)}</span>}
      ariaLabel={`Layer ${digest}`}
      additionalInfo={`${formatBytes(state === 'stored' ? size : receivedBytes)} of ${formatBytes(size)}, ${STATES[state]}`}
    />
  )
}

const percent = (part: number, whole: number) => (whole === 0 ? 0 : Math.min(100, Math.floor((100 * part) / whole)))
