import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { FailureAlert } from '../../parts/failure-alert.js'
import { JsonText } from '../../parts/json-text.js'
import { COUNTS_AS_PULL } from './image-contents.js'
import type { ShownImage } from './shown-image.js'
import { useManifest } from './image-requests.js'
import { CopyButton } from '../../parts/copy-button.js'

/** The manifest of an image, to read and to copy byte for byte. */
export function ImageManifest({ repository, digest }: ShownImage) {
  const { data, error, isPending } = useManifest(repository, digest)
  const text = data?.imageManifest
  return (
    <Container
      header={
        <Header
          description={COUNTS_AS_PULL}
          actions={
            text !== undefined && <CopyButton text={text} copyButtonText="Copy manifest" label="Copy manifest" />
          }
        >
          Manifest
        </Header>
      }
    >
      <SpaceBetween size="s">
        <FailureAlert error={error} />
        {isPending && <StatusIndicator type="loading">Loading the manifest</StatusIndicator>}
        {text !== undefined && <JsonText text={text} label="Manifest" />}
      </SpaceBetween>
    </Container>
  )
}
