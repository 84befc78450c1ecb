import type { Descriptor, Image } from './image.js'
import { contentsOf, distinct } from './image-contents.js'
import type { BlobStore } from '../ports/blob-store.js'
import { listEach } from '../list-records.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { mapInBatches } from '../../coordination/event-loop.js'

/**
 * What DescribeImages calls imageSizeInBytes: of an image its layers and config, of an index the largest of the images
 * it lists, as far as they are here. Its record says so; of an index that an earlier version recorded all images it lists
 * are looked at, each once however often it is listed.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
 */
export async function describedSize(
  { store, blobs }: { readonly store: Pick<Records, 'images'>; readonly blobs: Pick<BlobStore, 'read'> },
  registry: Registry,
  image: Image,
): Promise<number> {
  if (image.wholeSize !== undefined) return image.wholeSize
  const seen = new Set<string>()
  let largest = image.imageSize
  for (let listing = [image]; listing.length > 0;) {
    const all: Descriptor[][] = []
    for (const index of listing) all.push([...((await contentsOf(index, blobs))?.manifests ?? [])])
    const listed = distinct(all.flat()).filter(({ digest }) => !seen.has(digest))
    listed.forEach(({ digest }) => seen.add(digest))
    listing = await imagesOf(store, registry, image.repository, listed)
    for (const { imageSize, wholeSize = 0 } of listing) largest = Math.max(largest, imageSize, wholeSize)
  }
  return largest
}

/** What an index of these is described with, as far as they are here. */
export async function sizeOfMembers(
  records: Pick<Records, 'images'>,
  registry: Registry,
  repository: string,
  members: readonly Descriptor[],
): Promise<number> {
  const images = await imagesOf(records, registry, repository, members)
  return images.reduce((largest, { imageSize, wholeSize = 0 }) => Math.max(largest, imageSize, wholeSize), 0)
}

/** Lets the indexes that list an image which has come, and those that list them, be described with its size. */
export async function raiseIndexes(store: Store, registry: Registry, { repository, ...image }: Image): Promise<void> {
  const size = Math.max(image.imageSize, image.wholeSize ?? 0)
  for (const digests = [image.digest]; digests.length > 0;) {
    const prefix = keyOf(repository, digests.pop() ?? '', 'member', '')
    for await (const { from } of listEach(store.references, registry, { prefix, firstPage: AT_ONCE }))
      if (await raise(store, registry, keyOf(repository, from), size)) digests.push(from)
  }
}

/** Lets an index be described with the sizes of what it lists, as far as that is here. */
export async function settleSize(
  store: Store,
  registry: Registry,
  { repository, digest }: Pick<Image, 'repository' | 'digest'>,
  members: readonly Descriptor[],
): Promise<void> {
  const size = await sizeOfMembers(store, registry, repository, members)
  await raise(store, registry, keyOf(repository, digest), size)
}

/** False where the index is not here, or is described with as much already. */
const raise = (store: Store, registry: Registry, key: string, size: number): Promise<boolean> =>
  store.transact(registry, async ({ images }) => {
    const index = await images.get(registry, key)
    if (index?.wholeSize === undefined || index.wholeSize >= size) return false
    await images.put(registry, key, { ...index, wholeSize: size })
    return true
  })

/** Members that are read together: an image with all its tags is a large record. */
const AT_ONCE = 50

async function imagesOf(
  records: Pick<Records, 'images'>,
  registry: Registry,
  repository: string,
  listed: readonly Descriptor[],
): Promise<Image[]> {
  const get = ({ digest }: Descriptor) => records.images.get(registry, keyOf(repository, digest))
  return (await mapInBatches(listed, get, AT_ONCE)).filter((image) => image !== undefined)
}
