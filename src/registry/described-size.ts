import type { Image, Reference } from './image.js'
import { listAll } from './list-all.js'
import { keyOf, type Records } from './ports/store.js'
import type { Registry } from './registry.js'

type Listing = Pick<Image, 'repository' | 'imageSize' | 'manifests'>

/**
 * What DescribeImages calls imageSizeInBytes: of an image its layers and config, of an index the largest of the images
 * it lists, as far as they are here. Indexes may list indexes, so each image is looked at once however often it is listed,
 * and all that one lists are read together.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
 */
export async function describedSize(
  records: Pick<Records, 'images'>,
  registry: Registry,
  image: Image,
): Promise<number> {
  if (image.wholeSize !== undefined) return image.wholeSize
  const seen = new Set<string>()
  let largest = image.imageSize
  for (let listing: Listing[] = [image]; listing.length > 0;) {
    const listed = new Set(listing.flatMap(({ manifests }) => manifests.map(({ digest }) => digest)))
    const digests = [...listed].filter((digest) => !seen.has(digest))
    digests.forEach((digest) => seen.add(digest))
    listing = await imagesOf(records, registry, image.repository, digests)
    largest = Math.max(largest, ...listing.map(({ imageSize }) => imageSize))
  }
  return largest
}

/**
 * What an index is described with from now on: known once all it lists is here, for none of that can go before the index.
 * Undefined until then, and for an image.
 */
export async function wholeSize(
  records: Pick<Records, 'images'>,
  registry: Registry,
  { repository, imageSize, manifests }: Listing,
): Promise<number | undefined> {
  const digests = [...new Set(manifests.map(({ digest }) => digest))]
  const members = await imagesOf(records, registry, repository, digests)
  const sizes = members.map((member) => (member.manifests.length === 0 ? member.imageSize : member.wholeSize))
  const known = sizes.filter((size) => size !== undefined)
  return known.length > 0 && known.length === digests.length ? Math.max(imageSize, ...known) : undefined
}

/** Lets the indexes that list an image that has come know their size, where it was the last one missing. */
export async function settleIndexes(
  records: Records,
  registry: Registry,
  indexes: readonly Reference[],
): Promise<void> {
  for (const { repository, from } of indexes) {
    const index = await records.images.get(registry, keyOf(repository, from))
    const size = index && (await wholeSize(records, registry, index))
    if (!index || size === undefined) continue
    await records.images.put(registry, keyOf(repository, from), { ...index, wholeSize: size })
  }
}

/** The indexes that list an image. */
export const indexesThatList = (
  records: Pick<Records, 'references'>,
  registry: Registry,
  of: { repository: string; digest: string },
) => listAll(records.references, registry, keyOf(of.repository, of.digest, 'member', ''))

async function imagesOf(records: Pick<Records, 'images'>, registry: Registry, repository: string, digests: string[]) {
  const images = await Promise.all(digests.map((digest) => records.images.get(registry, keyOf(repository, digest))))
  return images.filter((image) => image !== undefined)
}
