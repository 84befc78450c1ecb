import type { ImageDetail, ImageFailure } from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { type AddressTab, AddressTabs } from '../../parts/address-tabs.js'
import { FailureAlert } from '../../parts/failure-alert.js'
import { isMissing, MissingResource } from '../../parts/missing-resource.js'
import { Page } from '../../parts/page.js'
import { PageLink } from '../../parts/page-link.js'
import { repositoryAddress } from '../repositories/repository-requests.js'
import { ImageContents } from './image-contents.js'
import { ImageDeletion } from './image-deletion.js'
import { ImageFailures } from './image-failures.js'
import { imageAddress, imageTitle, isIndex } from './image-kind.js'
import { ImageManifest } from './image-manifest.js'
import { ImageOverview } from './image-overview.js'
import { ImageReferrers } from './image-referrers.js'
import { ImageReplication } from './image-replication.js'
import { useImage } from './image-requests.js'
import { ImageScan } from './image-scan.js'
import { ImageSigning } from './image-signing.js'
import { ImageStorageClass } from './image-storage-class.js'
import type { ShownImage } from './shown-image.js'

/** The page of an image, which its address names by digest or by tag. */
export function ImageDetails() {
  const { repository = '', reference = '', tab } = useParams()
  const { data: image, error } = useImage(repository, reference)
  const [failures, setFailures] = useState<readonly ImageFailure[]>([])
  if (error && isMissing(error))
    return (
      <Page title={imageTitle(repository, reference)}>
        <MissingResource thing="image" error={error} to={repositoryAddress(repository)}>
          Go to the images of {repository}
        </MissingResource>
      </Page>
    )
  return (
    <Page
      title={imageTitle(repository, reference)}
      description={
        <>
          Image of <PageLink to={repositoryAddress(repository)}>{repository}</PageLink>
        </>
      }
      actions={image && <Actions repository={repository} image={image} onDone={setFailures} />}
    >
      <SpaceBetween size="m">
        <FailureAlert error={error} />
        <ImageFailures failures={failures} onDismiss={() => setFailures([])} />
        {image && (
          <AddressTabs
            label={`Image ${imageTitle(repository, reference)}`}
            base={imageAddress(repository, reference)}
            open={tab}
            tabs={tabsOf({ repository, digest: image.imageDigest ?? '', image })}
          />
        )}
      </SpaceBetween>
    </Page>
  )
}

const tabsOf = (shown: ShownImage): AddressTab[] => [
  { id: 'details', label: 'Details', content: <ImageOverview {...shown} /> },
  {
    id: 'contents',
    label: isIndex(shown.image) ? 'Platforms' : 'Layers',
    content: <ImageContents {...shown} />,
  },
  { id: 'vulnerabilities', label: 'Vulnerabilities', content: <ImageScan {...shown} /> },
  { id: 'referrers', label: 'Referrers', content: <ImageReferrers {...shown} /> },
  { id: 'replication', label: 'Replication status', content: <ImageReplication {...shown} /> },
  { id: 'signing', label: 'Signing status', content: <ImageSigning {...shown} /> },
  { id: 'manifest', label: 'Manifest', content: <ImageManifest {...shown} /> },
]

function Actions({
  repository,
  image,
  onDone,
}: {
  readonly repository: string
  readonly image: ImageDetail
  readonly onDone: (failures: readonly ImageFailure[]) => void
}) {
  const navigate = useNavigate()
  const [isDeleting, setDeleting] = useState(false)
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <ImageStorageClass repository={repository} images={[image]} onDone={onDone} />
      <Button onClick={() => setDeleting(true)}>Delete</Button>
      {isDeleting && (
        <ImageDeletion
          repository={repository}
          images={[image]}
          onDone={(failures) => {
            setDeleting(false)
            onDone(failures)
            if (failures.length === 0) void navigate(repositoryAddress(repository))
          }}
          onDismiss={() => setDeleting(false)}
        />
      )}
    </SpaceBetween>
  )
}
