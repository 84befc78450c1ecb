import { DeleteRepositoryCommand, type ECRClient, paginateDescribeImages } from '@aws-sdk/client-ecr'
import Box from '@cloudscape-design/components/box'
import { useState } from 'react'
import { ConfirmDeletion } from '../../parts/confirm-deletion.js'
import { failureOf } from '../../requests/request-failure.js'
import { MAX_ITEMS, useEcrChange, useEcrList } from '../../requests/use-ecr.js'

/**
 * Asks before repositories are deleted, and says how many images go with them. Only those that are seen to have images
 * are deleted with `force`: what is pushed meanwhile makes the service refuse.
 */
export function RepositoryDeletion({
  names,
  onDone,
  onDismiss,
}: {
  readonly names: readonly string[]
  readonly onDone: () => void
  readonly onDismiss: () => void
}) {
  // The first ones are gone already if a later one was refused.
  const [deleted, setDeleted] = useState<readonly string[]>([])
  const { data: counts } = useImageCounts(names)
  const left = names.filter((name) => !deleted.includes(name))
  const { mutate, isPending, error } = useEcrChange(
    async (client) => {
      for (const repositoryName of left) {
        const force = counts?.find(({ name }) => name === repositoryName)?.images !== 0
        await client.send(new DeleteRepositoryCommand({ repositoryName, force }))
        setDeleted((gone) => [...gone, repositoryName])
      }
    },
    {
      succeeded: () =>
        names.length === 1 ? `Repository ${names.join()} deleted.` : `${names.length} repositories deleted.`,
      onSuccess: onDone,
    },
  )
  return (
    <ConfirmDeletion
      title={left.length === 1 ? 'Delete repository' : `Delete ${left.length} repositories`}
      names={left}
      consequence={`${left.length === 1 ? 'The repository is' : 'The repositories are'} deleted with all images, policies and settings. This cannot be undone.`}
      typed="delete"
      isBusy={isPending || counts === undefined}
      error={error}
      onConfirm={() => mutate(undefined)}
      onDismiss={onDismiss}
    >
      <div aria-live="polite">
        {counts === undefined && <Box>Counting the images…</Box>}
        {counts
          ?.filter(({ name }) => left.includes(name))
          .map((count) => (
            <Box key={count.name}>{countText(count)}</Box>
          ))}
      </div>
    </ConfirmDeletion>
  )
}

/** How many images a repository has; without a number it is not known. */
interface ImageCount {
  readonly name: string
  readonly images?: number
  /** Why it is not known. */
  readonly refusal?: string
}

function countText({ name, images, refusal = '' }: ImageCount): string {
  if (images === undefined) return `${name}: all of its images; how many is not known: ${refusal}`
  if (images === 0) return `${name} has no images.`
  const number = `${images.toLocaleString('en')}${images >= MAX_ITEMS ? ' or more' : ''}`
  return `${name} has ${number} ${images === 1 ? 'image, which is' : 'images, which are'} deleted with it.`
}

const useImageCounts = (names: readonly string[]) =>
  useEcrList<ImageCount>('ImageCounts', { names }, async function* (client) {
    for (const name of names) yield [await countOf(client, name)]
  })

async function countOf(client: ECRClient, repositoryName: string): Promise<ImageCount> {
  const filter = { tagStatus: 'ANY', imageStatus: 'ANY' } as const
  try {
    let images = 0
    for await (const page of paginateDescribeImages({ client, pageSize: 1_000 }, { repositoryName, filter })) {
      images += page.imageDetails?.length ?? 0
      if (images >= MAX_ITEMS) break
    }
    return { name: repositoryName, images }
  } catch (thrown) {
    return { name: repositoryName, refusal: failureOf(thrown).message }
  }
}
