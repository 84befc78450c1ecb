import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Bytes, Time } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import type { ShownImage } from './shown-image.js'
import { imageAddress, kindOf } from './image-kind.js'
import { ImageState } from './image-state.js'
import { ImageTags } from './image-tags.js'
import { PullCommands } from './pull-commands.js'
import { ScanSummary } from './scan-summary.js'
import { CopyButton } from '../../parts/copy-button.js'
import { shortDigest } from '../../parts/short-digest.js'

/** What DescribeImages says of an image, its tags, and how it is pulled. */
export const ImageOverview = (shown: ShownImage) => (
  <SpaceBetween size="l">
    <General {...shown} />
    <ImageTags {...shown} />
    <PullCommands {...shown} />
  </SpaceBetween>
)

function General({ repository, digest, image }: ShownImage) {
  const { subjectManifestDigest: subject, lastArchivedAt, lastActivatedAt } = image
  return (
    <Container header={<Header>General information</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'Image digest', value: <CopiedDigest value={digest} /> },
          { label: 'Artifact type', value: kindOf(image) },
          { label: 'Media type', value: image.imageManifestMediaType },
          { label: 'Artifact media type', value: image.artifactMediaType ?? '–' },
          { label: 'Size', value: <Bytes value={image.imageSizeInBytes} /> },
          { label: 'Pushed at', value: <Time value={image.imagePushedAt} /> },
          { label: 'Last pulled at', value: <LastPull value={image.lastRecordedPullTime} /> },
          { label: 'Status', value: <ImageState status={image.imageStatus} /> },
          { label: 'Vulnerabilities', value: <ScanSummary image={image} /> },
          ...(lastArchivedAt ? [{ label: 'Last archived at', value: <Time value={lastArchivedAt} /> }] : []),
          ...(lastActivatedAt ? [{ label: 'Last restored at', value: <Time value={lastActivatedAt} /> }] : []),
          ...(subject === undefined
            ? []
            : [
                {
                  label: 'Refers to',
                  value: <PageLink to={imageAddress(repository, subject)}>{shortDigest(subject)}</PageLink>,
                },
              ]),
        ]}
      />
    </Container>
  )
}

const LastPull = ({ value }: { readonly value: Date | undefined }) =>
  value === undefined ? <>No pull recorded</> : <Time value={value} />

const CopiedDigest = ({ value }: { readonly value: string }) => (
  <CopyButton variant="inline" text={value} label="Copy the digest" />
)
