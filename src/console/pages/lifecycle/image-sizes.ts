import { DescribeImagesCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { useQuery } from '@tanstack/react-query'
import { useEcrClient } from '../../requests/use-ecr.js'

/** The most images that a call of DescribeImages names. */
const NAMED_AT_ONCE = 100

/** The sizes of images by digest; undefined until they are known, or if the person may not describe images. */
export function useImageSizes(repository: string, digests: readonly string[]): ReadonlyMap<string, number> | undefined {
  const client = useEcrClient()
  return useQuery({
    queryKey: ['ecr', 'image sizes', repository, digests],
    queryFn: ({ signal }) => sizesOf(client, repository, digests, signal),
  }).data
}

async function sizesOf(
  client: ECRClient,
  repositoryName: string,
  digests: readonly string[],
  abortSignal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  for (let start = 0; start < digests.length; start += NAMED_AT_ONCE) {
    const imageIds = digests.slice(start, start + NAMED_AT_ONCE).map((imageDigest) => ({ imageDigest }))
    const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName, imageIds }), {
      abortSignal,
    })
    for (const { imageDigest = '', imageSizeInBytes = 0 } of imageDetails) sizes.set(imageDigest, imageSizeInBytes)
  }
  return sizes
}
