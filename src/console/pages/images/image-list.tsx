import type { ImageDetail, ImageFailure } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useMemo, useState } from 'react'
import { FailureAlert } from '../../parts/failure-alert.js'
import { isMissing, MissingResource } from '../../parts/missing-resource.js'
import { ResourceTable } from '../../parts/resource-table.js'
import { MAX_ITEMS } from '../../requests/use-ecr.js'
import { imageColumns } from './image-columns.js'
import { ImageDeletion } from './image-deletion.js'
import { ImageFailures } from './image-failures.js'
import { ImageStorageClass } from './image-storage-class.js'
import { startScans, useChangeOfImages, useImages } from './image-requests.js'

/** The images of a repository, the latest pushed first, and what one can do with them. */
export function ImageList({ repository, actions }: { readonly repository: string; readonly actions?: ReactNode }) {
  const { data, error } = useImages(repository)
  const [chosen, setChosen] = useState<readonly ImageDetail[]>([])
  const [isDeleting, setDeleting] = useState(false)
  const [failures, setFailures] = useState<readonly ImageFailure[]>([])
  const images = useMemo(() => data && [...data].sort(latestFirst), [data])
  const selected = useMemo(() => selectionIn(images, chosen), [images, chosen])
  const finish = (refused: readonly ImageFailure[]) => {
    setFailures(refused)
    setDeleting(false)
  }
  const scan = useChangeOfImages(
    (client) => startScans(client, repository, digestsOf(selected)),
    (changed) => (changed === 1 ? 'The scan of 1 image has started.' : `The scans of ${changed} images have started.`),
    finish,
  )
  if (error && isMissing(error)) return <MissingRepository error={error} />
  const isNone = selected.length === 0
  return (
    <SpaceBetween size="s">
      <ImageFailures failures={failures} onDismiss={() => setFailures([])} />
      <FailureAlert error={scan.error} />
      <ResourceTable
        title="Images"
        things="images"
        items={images}
        error={error}
        columns={imageColumns}
        keyOf={({ imageDigest = '' }) => imageDigest}
        description={images?.length === MAX_ITEMS && `Only the first ${MAX_ITEMS.toLocaleString('en')} are listed.`}
        selection={{ type: 'multi', selected, onSelect: setChosen }}
        empty={<Box>Push an image: &quot;View push commands&quot; has the commands.</Box>}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={isNone} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <ImageStorageClass repository={repository} images={selected} onDone={finish} />
            <Button disabled={isNone} loading={scan.isPending} onClick={() => scan.mutate(undefined)}>
              Scan
            </Button>
            {actions}
          </SpaceBetween>
        }
      />
      {isDeleting && !isNone && (
        <ImageDeletion repository={repository} images={selected} onDone={finish} onDismiss={() => setDeleting(false)} />
      )}
    </SpaceBetween>
  )
}

const MissingRepository = ({ error }: { readonly error: unknown }) => (
  <MissingResource thing="repository" error={error} to="/repositories">
    Go to the repositories
  </MissingResource>
)

const latestFirst = (a: ImageDetail, b: ImageDetail) =>
  (b.imagePushedAt?.getTime() ?? 0) - (a.imagePushedAt?.getTime() ?? 0)

const digestsOf = (images: readonly ImageDetail[]) => images.map(({ imageDigest = '' }) => imageDigest)

/** Those of the chosen images that are still there, as they are now. */
function selectionIn(images: readonly ImageDetail[] = [], chosen: readonly ImageDetail[]): readonly ImageDetail[] {
  if (chosen.length === 0) return []
  const digests = new Set(digestsOf(chosen))
  return images.filter(({ imageDigest = '' }) => digests.has(imageDigest))
}
