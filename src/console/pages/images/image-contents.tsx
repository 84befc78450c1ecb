import StatusIndicator from '@cloudscape-design/components/status-indicator'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { Bytes } from '../../parts/amounts.js'
import { isMissing } from '../../parts/missing-resource.js'
import { ResourceTable } from '../../parts/resource-table.js'
import { formatBytes } from '../../../registry/amounts.js'
import { Digest } from './digest.js'
import type { ShownImage } from './shown-image.js'
import { isIndex } from './image-kind.js'
import { useImage, useManifest } from './image-requests.js'
import { contentOf, type Descriptor, platformOf } from './manifest-content.js'

/** Said where a manifest is shown, because the last pull of the image is the time of the look. */
export const COUNTS_AS_PULL = 'Read with BatchGetImage, which ECR counts as a pull of the image.'

/** The platforms of an index, or the config and the layers of an image. */
export const ImageContents = (shown: ShownImage) =>
  isIndex(shown.image) ? <Platforms {...shown} /> : <Layers {...shown} />

function Platforms({ repository, digest }: ShownImage) {
  const { data, error } = useManifest(repository, digest)
  const manifests = data && (contentOf(data.imageManifest).manifests ?? [])
  return (
    <ResourceTable
      title="Platforms"
      things="platforms"
      items={manifests}
      error={error}
      description={COUNTS_AS_PULL}
      keyOf={({ digest: listed = '' }) => listed}
      columns={[
        { id: 'platform', header: 'Platform', text: platformOf, isRowHeader: true },
        {
          id: 'digest',
          header: 'Image digest',
          text: ({ digest: listed }) => listed,
          cell: ({ digest: listed = '' }) => <Digest value={listed} repository={repository} />,
          minWidth: 250,
        },
        {
          id: 'size',
          header: 'Size',
          text: ({ size }) => size,
          cell: ({ digest: listed = '' }) => <SizeOfListed repository={repository} digest={listed} />,
        },
        { id: 'type', header: 'Media type', text: ({ mediaType }) => mediaType },
      ]}
    />
  )
}

/** The size of an image that an index lists. A cache has those of other platforms once they are pulled. */
function SizeOfListed({ repository, digest }: { readonly repository: string; readonly digest: string }) {
  const { data, error } = useImage(repository, digest)
  if (error)
    return <StatusIndicator type="info">{isMissing(error) ? 'Not in this repository' : error.name}</StatusIndicator>
  return <Bytes value={data?.imageSizeInBytes} />
}

interface Part extends Descriptor {
  readonly place: number
}

function Layers({ repository, digest }: ShownImage) {
  const { data, error } = useManifest(repository, digest)
  const { config, layers = [] } = contentOf(data?.imageManifest)
  const parts = [...(config ? [config] : []), ...layers].map((part, index): Part => {
    return { ...part, place: config ? index : index + 1 }
  })
  const total = layers.reduce((sum, { size = 0 }) => sum + size, 0)
  return (
    <SpaceBetween size="s">
      <ResourceTable
        title="Config and layers"
        things="layers"
        items={data && parts}
        error={error}
        description={`${layers.length} ${layers.length === 1 ? 'layer' : 'layers'} with ${formatBytes(total)}. ${COUNTS_AS_PULL}`}
        keyOf={({ place }) => String(place)}
        columns={[
          {
            id: 'part',
            header: 'Part',
            text: ({ place }) => (place === 0 ? 'Config' : `Layer ${place}`),
            isRowHeader: true,
          },
          {
            id: 'digest',
            header: 'Digest',
            text: ({ digest: of }) => of,
            cell: ({ digest: of = '' }) => <Digest value={of} />,
            minWidth: 250,
          },
          { id: 'size', header: 'Size', text: ({ size }) => size, cell: ({ size }) => <Bytes value={size} /> },
          { id: 'type', header: 'Media type', text: ({ mediaType }) => mediaType },
        ]}
      />
    </SpaceBetween>
  )
}
