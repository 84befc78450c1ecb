import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImageScanFindingsCommand,
  type DescribeImageScanFindingsResponse,
  DescribeImagesCommand,
  type ECRClient,
  type Image,
  type ImageDetail,
  type ImageFailure,
  type ImageIdentifier,
  paginateDescribeImages,
  paginateDescribeImageScanFindings,
  StartImageScanCommand,
  type TargetStorageClass,
  UpdateImageStorageClassCommand,
} from '@aws-sdk/client-ecr'
import { useNotifications } from '../../layout/notifications.js'
import { failureOf } from '../../requests/request-failure.js'
import { MAX_ITEMS, useEcr, useEcrChange, useEcrList, useEcrOptional } from '../../requests/use-ecr.js'

/** The most that DescribeImages and DescribeImageScanFindings return in a page. */
const PAGE_SIZE = 1_000

/** The images of a repository, archived ones included. */
export const useImages = (repositoryName: string, options: { readonly enabled?: boolean } = {}) =>
  useEcrList<ImageDetail>(
    'DescribeImages',
    { repositoryName },
    async function* (client) {
      const filter = { tagStatus: 'ANY', imageStatus: 'ANY' } as const
      for await (const { imageDetails } of paginateDescribeImages(
        { client, pageSize: PAGE_SIZE },
        { repositoryName, filter },
      ))
        yield imageDetails
    },
    options,
  )

/** What names an image in an address: its digest, or one of its tags. */
export const imageIdOf = (reference: string): ImageIdentifier =>
  reference.includes(':') ? { imageDigest: reference } : { imageTag: reference }

/** One image. */
export function useImage(repositoryName: string, reference: string) {
  const input = { repositoryName, imageIds: [imageIdOf(reference)] }
  const { data, ...query } = useEcr('DescribeImage', new DescribeImagesCommand(input))
  return { ...query, data: data?.imageDetails?.[0] }
}

/**
 * The manifest of an image; of a digest, because what a digest names never changes. The service counts reading it as a
 * pull.
 */
export function useManifest(repositoryName: string, imageDigest: string) {
  const input = { repositoryName, imageIds: [{ imageDigest }] }
  const { data, error, isPending } = useEcr('BatchGetImage', new BatchGetImageCommand(input), { staleTime: 'static' })
  const failure = data?.failures?.[0]
  return { data: data?.images?.[0], isPending, error: failure ? errorOf(failure) : error }
}

/** Reads the manifest of an image for a change. Throws what the service answers. */
export async function readManifest(client: ECRClient, repositoryName: string, imageDigest: string): Promise<Image> {
  const { images, failures } = await client.send(
    new BatchGetImageCommand({ repositoryName, imageIds: [{ imageDigest }] }),
  )
  const image = images?.[0]
  if (!image) throw errorOf(failures?.[0])
  return image
}

/** A failure in an answer as an error, which pages show as they show a refusal. */
function errorOf({ failureCode, failureReason = 'The service gave no reason' }: ImageFailure = {}) {
  const error = new Error(failureReason)
  if (failureCode !== undefined) error.name = failureCode
  return error
}

/** The scan of an image with its first finding, which is enough for its state and its counts; null if there is none. */
export const useScan = (
  repositoryName: string,
  imageDigest: string,
  options: { readonly enabled?: boolean; readonly refetchInterval?: number | false } = {},
) =>
  useEcrOptional(
    'DescribeImageScan',
    new DescribeImageScanFindingsCommand({ repositoryName, imageId: { imageDigest }, maxResults: 1 }),
    'ScanNotFoundException',
    options,
  )

/** All findings of a scan, as pages, up to `MAX_ITEMS` findings. `scannedAt` distinguishes one scan from the next. */
export const useScanFindings = (repositoryName: string, imageDigest: string, scannedAt: Date | undefined) =>
  useEcrList<DescribeImageScanFindingsResponse>(
    'DescribeImageScanFindings',
    { repositoryName, imageDigest, scannedAt },
    async function* (client) {
      let left = MAX_ITEMS / PAGE_SIZE
      const input = { repositoryName, imageId: { imageDigest } }
      for await (const page of paginateDescribeImageScanFindings({ client, pageSize: PAGE_SIZE }, input)) {
        yield [page]
        if (--left === 0) return
      }
    },
  )

/** What became of a change of several images: how many it was made for, and why not for the others. */
export interface ChangeOfImages {
  readonly changed: number
  readonly failures: readonly ImageFailure[]
}

/** The most images that BatchDeleteImage takes. */
const MAX_DELETIONS = 100

/** Deletes images by digest, or tags by tag. */
export async function deleteImages(
  client: ECRClient,
  repositoryName: string,
  imageIds: readonly ImageIdentifier[],
): Promise<ChangeOfImages> {
  const failures: ImageFailure[] = []
  for (let from = 0; from < imageIds.length; from += MAX_DELETIONS) {
    const batch = imageIds.slice(from, from + MAX_DELETIONS)
    const answer = await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds: batch }))
    failures.push(...(answer.failures ?? []))
  }
  return { changed: imageIds.length - failures.length, failures }
}

/** Archives images, or restores them. */
export const changeStorageClass = (
  client: ECRClient,
  repositoryName: string,
  imageDigests: readonly string[],
  targetStorageClass: TargetStorageClass,
): Promise<ChangeOfImages> =>
  forEach(imageDigests, (imageDigest) =>
    client.send(new UpdateImageStorageClassCommand({ repositoryName, imageId: { imageDigest }, targetStorageClass })),
  )

/** Starts scans of images. */
export const startScans = (
  client: ECRClient,
  repositoryName: string,
  imageDigests: readonly string[],
): Promise<ChangeOfImages> =>
  forEach(imageDigests, (imageDigest) =>
    client.send(new StartImageScanCommand({ repositoryName, imageId: { imageDigest } })),
  )

/** Makes a change that the service has for one image only. A refusal of the only one is thrown. */
async function forEach(digests: readonly string[], change: (digest: string) => Promise<unknown>) {
  const failures: ImageFailure[] = []
  for (const imageDigest of digests)
    await change(imageDigest).catch((thrown: unknown) => {
      if (digests.length === 1) throw thrown
      failures.push({ imageId: { imageDigest }, failureReason: failureOf(thrown).message })
    })
  return { changed: digests.length - failures.length, failures }
}

/**
 * A change of several images. It is said in a notification for how many it was made, if for any; `onDone` takes what
 * the service refused for the others.
 */
export function useChangeOfImages<V>(
  change: (client: ECRClient, variables: V) => Promise<ChangeOfImages>,
  said: (changed: number) => string,
  onDone: (failures: readonly ImageFailure[]) => void,
) {
  const { notify } = useNotifications()
  return useEcrChange(change, {
    onSuccess({ changed, failures }) {
      if (changed > 0) notify('success', said(changed))
      onDone(failures)
    },
  })
}
