import type { ImageDetail } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import { Bytes, Time } from '../../parts/amounts.js'
import { PageLink } from '../../parts/page-link.js'
import type { Column } from '../../parts/resource-table.js'
import { Digest } from './digest.js'
import { imageAddress, kindOf, MAX_TAGS } from './image-kind.js'
import { ImageState, stateText } from './image-state.js'
import { countsText, ScanSummary } from './scan-summary.js'

/** The columns of a list of images, in the order of the AWS console. */
export const imageColumns: readonly Column<ImageDetail>[] = [
  {
    id: 'tags',
    header: 'Image tags',
    text: ({ imageTags }) => imageTags?.join(', '),
    cell: (image) => <TagsOf image={image} />,
    isRowHeader: true,
    minWidth: 160,
  },
  {
    id: 'type',
    header: 'Artifact type',
    text: kindOf,
    cell: (image) => <span title={image.artifactMediaType ?? image.imageManifestMediaType}>{kindOf(image)}</span>,
  },
  {
    id: 'pushed',
    header: 'Pushed at',
    text: ({ imagePushedAt }) => imagePushedAt?.getTime(),
    cell: ({ imagePushedAt }) => <Time value={imagePushedAt} />,
    minWidth: 150,
  },
  {
    id: 'size',
    header: 'Size',
    text: ({ imageSizeInBytes }) => imageSizeInBytes,
    cell: ({ imageSizeInBytes }) => <Bytes value={imageSizeInBytes} />,
    minWidth: 100,
  },
  {
    id: 'digest',
    header: 'Image digest',
    text: ({ imageDigest }) => imageDigest,
    cell: ({ repositoryName, imageDigest = '' }) => <Digest value={imageDigest} repository={repositoryName ?? ''} />,
    minWidth: 250,
  },
  {
    id: 'scan',
    header: 'Vulnerabilities',
    text: ({ imageScanFindingsSummary: found }) => found && countsText(found.findingSeverityCounts),
    cell: (image) => <ScanSummary image={image} />,
    minWidth: 150,
  },
  {
    id: 'pulled',
    header: 'Last pulled at',
    text: ({ lastRecordedPullTime }) => lastRecordedPullTime?.getTime(),
    cell: ({ lastRecordedPullTime }) => <Time value={lastRecordedPullTime} />,
    minWidth: 150,
  },
  {
    id: 'status',
    header: 'Status',
    text: ({ imageStatus }) => stateText(imageStatus),
    cell: ({ imageStatus }) => <ImageState status={imageStatus} />,
    minWidth: 110,
  },
]

/** The first tags of an image as links to its page, and how many more it has. */
function TagsOf({ image: { repositoryName = '', imageTags = [] } }: { readonly image: ImageDetail }) {
  if (imageTags.length === 0) return <Box color="text-body-secondary">Untagged</Box>
  return (
    <>
      {imageTags.slice(0, MAX_TAGS).map((tag, index) => (
        <span key={tag}>
          {index > 0 && ', '}
          <PageLink to={imageAddress(repositoryName, tag)}>{tag}</PageLink>
        </span>
      ))}
      {imageTags.length > MAX_TAGS && ` and ${imageTags.length - MAX_TAGS} more`}
    </>
  )
}
