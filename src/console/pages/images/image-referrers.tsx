import { type ImageReferrer, ListImageReferrersCommand } from '@aws-sdk/client-ecr'
import { Bytes } from '../../parts/amounts.js'
import { ResourceTable } from '../../parts/resource-table.js'
import { useEcrList } from '../../requests/use-ecr.js'
import { Digest } from './digest.js'
import type { ShownImage } from './shown-image.js'
import { artifactName } from './image-kind.js'
import { ImageState, stateText } from './image-state.js'

/** What refers to an image: its signatures, SBOMs and attestations. */
export function ImageReferrers({ repository, digest }: ShownImage) {
  const { data, error } = useReferrers(repository, digest)
  return (
    <ResourceTable
      title="Referrers"
      things="referrers"
      items={data}
      error={error}
      description="Signatures, SBOMs and other artifacts whose manifest names this image as its subject."
      empty={<>Attach one, for example with oras attach, cosign sign or notation sign.</>}
      keyOf={({ digest: of = '' }) => of}
      columns={[
        { id: 'artifact', header: 'Artifact', text: (referrer) => artifactName(typeOf(referrer)), isRowHeader: true },
        { id: 'type', header: 'Artifact type', text: typeOf },
        {
          id: 'digest',
          header: 'Image digest',
          text: ({ digest: of }) => of,
          cell: ({ digest: of = '' }) => <Digest value={of} repository={repository} />,
          minWidth: 250,
        },
        { id: 'size', header: 'Size', text: ({ size }) => size, cell: ({ size }) => <Bytes value={size} /> },
        { id: 'annotations', header: 'Annotations', text: annotationsText },
        {
          id: 'status',
          header: 'Status',
          text: ({ artifactStatus }) => stateText(artifactStatus),
          cell: ({ artifactStatus }) => <ImageState status={artifactStatus} />,
        },
      ]}
    />
  )
}

const typeOf = ({ artifactType, mediaType = '' }: ImageReferrer) => artifactType ?? mediaType

const annotationsText = ({ annotations = {} }: ImageReferrer) =>
  Object.entries(annotations)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')

/** The most that ListImageReferrers returns in a page. */
const PAGE_SIZE = 50

const useReferrers = (repositoryName: string, imageDigest: string) =>
  useEcrList<ImageReferrer>('ListImageReferrers', { repositoryName, imageDigest }, async function* (client) {
    const input = { repositoryName, subjectId: { imageDigest }, maxResults: PAGE_SIZE }
    const filter = { artifactStatus: 'ANY' } as const
    for (let nextToken: string | undefined; ;) {
      const page = await client.send(
        new ListImageReferrersCommand({ ...input, filter, ...(nextToken !== undefined && { nextToken }) }),
      )
      yield page.referrers
      nextToken = page.nextToken
      if (nextToken === undefined) return
    }
  })
