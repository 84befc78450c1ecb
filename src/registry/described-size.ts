import type { Image } from './image.js'
import { keyOf, type Records } from './ports/store.js'
import type { Registry } from './registry.js'

/**
 * What DescribeImages calls imageSizeInBytes: of an image its layers and config, of an index the largest of the images
 * it lists, as far as they are here.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
 */
export async function describedSize(
  records: Pick<Records, 'images'>,
  registry: Registry,
  { repository, imageSize, manifests }: Image,
): Promise<number> {
  const sizes = manifests.map(async ({ digest }) => {
    const member = await records.images.get(registry, keyOf(repository, digest))
    return member ? describedSize(records, registry, member) : 0
  })
  return Math.max(imageSize, ...(await Promise.all(sizes)))
}
