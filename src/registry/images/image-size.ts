import type { Descriptor, Image } from './image.js'
import { imageContents, distinctDescriptors } from './image-contents.js'
import type { Blobs } from '../ports/blob-store.js'
import { listEach } from '../list-records.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { mapInBatches } from '../../coordination/event-loop.js'

/**
 * What DescribeImages calls imageSizeInBytes: for an image the sum of its layers and config, for an index the size of
 * the largest image that it lists and that exists here. It is in the record, except for an index recorded by an earlier
 * version: then the images listed are read, each of them once.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
 */
export async function imageSizeInBytes(
  { store, blobs }: { readonly store: Pick<Records, 'images'>; readonly blobs: Pick<Blobs, 'read'> },
  registry: Registry,
  image: Image,
): Promise<number> {
  if (image.wholeSize !== undefined) return image.wholeSize
  const digestsSeen = new Set<string>()
  let largest = image.imageSize
  for (let level = [image]; level.length > 0;) {
    const all: Descriptor[][] = []
    for (const index of level) all.push([...((await imageContents(index, blobs))?.manifests ?? [])])
    const unseen = distinctDescriptors(all.flat()).filter(({ digest }) => !digestsSeen.has(digest))
    unseen.forEach(({ digest }) => digestsSeen.add(digest))
    level = await imagesListed(store, registry, image.repository, unseen)
    for (const { imageSize, wholeSize = 0 } of level) largest = Math.max(largest, imageSize, wholeSize)
  }
  return largest
}

/** The size of the largest of these members that exists here, which is the size of their index. */
export async function largestMemberSize(
  records: Pick<Records, 'images'>,
  registry: Registry,
  repository: string,
  members: readonly Descriptor[],
): Promise<number> {
  const images = await imagesListed(records, registry, repository, members)
  return images.reduce((largest, { imageSize, wholeSize = 0 }) => Math.max(largest, imageSize, wholeSize), 0)
}

/** Raises the sizes of the indexes that list a new image, and of those that list these indexes. */
export async function raiseIndexSizes(
  store: Store,
  registry: Registry,
  { repository, ...image }: Image,
): Promise<void> {
  const size = Math.max(image.imageSize, image.wholeSize ?? 0)
  for (const digests = [image.digest]; digests.length > 0;) {
    const prefix = keyOf(repository, digests.pop() ?? '', 'member', '')
    for await (const { from } of listEach(store.references, registry, { prefix, firstPage: IMAGES_PER_BATCH }))
      if (await raiseIndexSize(store, registry, keyOf(repository, from), size)) digests.push(from)
  }
}

/** Raises the size of an index to that of its largest member that exists here. */
export async function updateIndexSize(
  store: Store,
  registry: Registry,
  { repository, digest }: Pick<Image, 'repository' | 'digest'>,
  members: readonly Descriptor[],
): Promise<void> {
  const size = await largestMemberSize(store, registry, repository, members)
  await raiseIndexSize(store, registry, keyOf(repository, digest), size)
}

/** Returns false, changing nothing, if the index does not exist or has this size already. */
const raiseIndexSize = (store: Store, registry: Registry, key: string, size: number): Promise<boolean> =>
  store.transact(registry, async ({ images }) => {
    const index = await images.get(registry, key)
    if (index?.wholeSize === undefined || index.wholeSize >= size) return false
    await images.put(registry, key, { ...index, wholeSize: size })
    return true
  })

/** Images that are read together: an image with all its tags is a large record. */
const IMAGES_PER_BATCH = 50

async function imagesListed(
  records: Pick<Records, 'images'>,
  registry: Registry,
  repository: string,
  listed: readonly Descriptor[],
): Promise<Image[]> {
  const get = ({ digest }: Descriptor) => records.images.get(registry, keyOf(repository, digest))
  return (await mapInBatches(listed, get, IMAGES_PER_BATCH)).filter((image) => image !== undefined)
}
