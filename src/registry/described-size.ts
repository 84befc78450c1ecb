import type { Image } from './image.js'
import { keyOf, type Records } from './ports/store.js'
import type { Registry } from './registry.js'

/**
 * What DescribeImages calls imageSizeInBytes: of an image its layers and config, of an index the largest of the images
 * it lists, as far as they are here. Indexes may list indexes, so each image is looked at once however often it is listed.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
 */
export async function describedSize(
  records: Pick<Records, 'images'>,
  registry: Registry,
  image: Image,
): Promise<number> {
  const digests = new Set(image.manifests.map(({ digest }) => digest))
  let largest = image.imageSize
  // A set hands out what is added while it is walked.
  for (const digest of digests) {
    const member = await records.images.get(registry, keyOf(image.repository, digest))
    largest = Math.max(largest, member?.imageSize ?? 0)
    for (const listed of member?.manifests ?? []) digests.add(listed.digest)
  }
  return largest
}
