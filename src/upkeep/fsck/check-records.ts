import type { Image, Layer, Tag } from '../../registry/images/image.js'
import { imageContents } from '../../registry/images/image-contents.js'
import { removeImageNote, syncImageNote } from '../../registry/images/image-notes.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { removeMemberReferences, removeImageRecord } from '../../registry/images/record-contents.js'
import type { FsckRun } from './findings.js'
import { eachRecord } from '../record-walk.js'

/** Compares the records with the blobs and with each other; answers how many images there are. */
export async function checkRecords(checking: FsckRun): Promise<number> {
  const { store } = checking
  let images = 0
  for (const registry of await store.registries()) {
    for await (const image of eachRecord(store.images, registry)) {
      images++
      await checkImage(registry, image, checking)
    }
    for await (const layer of eachRecord(store.layers, registry)) await checkLayer(registry, layer, checking)
    for await (const tag of eachRecord(store.tags, registry)) await checkTag(registry, tag, checking)
  }
  return images
}

/** An image of the cache without its manifest goes: the next pull brings it anew. A pushed one is all there is of it. */
async function checkImage(registry: Registry, image: Image, checking: FsckRun): Promise<void> {
  const { repository, digest, pulledThrough } = image
  if (await isAvailable(digest, checking)) {
    if (checking.repair) await syncImageNote(checking, { registry, repository, digest })
    return checkContents(registry, image, checking)
  }
  const goes = checking.repair && pulledThrough === true
  if (goes) await removeImageWithTags(registry, image, checking)
  checking.newFindings.add(
    `image ${displayName(registry, image)}: its manifest is missing`,
    goes ? 'forgotten, the next pull brings it again' : undefined,
  )
}

/** What an image was put with: layers whose bytes are here are recorded again, and those an upstream has. */
async function checkContents(registry: Registry, image: Image, checking: FsckRun): Promise<void> {
  const { repository, digest: by, pulledThrough } = image
  const { store, newFindings: findings, repair } = checking
  const { blobs = [], manifests = [] } = (await imageContents(image, checking.blobs)) ?? {}
  const lacks = async (collection: 'layers' | 'images', digest: string) =>
    !(await store[collection].get(registry, keyOf(repository, digest))) &&
    (await store.images.get(registry, keyOf(repository, by))) !== undefined

  for (const { digest, size, mediaType } of blobs) {
    if (!(await lacks('layers', digest))) continue
    const layer = {
      repository,
      digest,
      size,
      mediaType,
      isInImage: true,
      ...(pulledThrough && { pulledThrough }),
    } as const
    const line = `layer ${displayName(registry, layer)}: image ${by} needs it and it is not recorded`
    const isToBeHad = pulledThrough === true || (await isAvailable(digest, checking))
    if (repair && isToBeHad) await store.layers.insert(registry, keyOf(repository, digest), layer)
    findings.add(isToBeHad ? line : `${line}, push it again`, repair && isToBeHad ? 'recorded again' : undefined)
  }
  if (pulledThrough) return
  for (const { digest } of manifests)
    if (await lacks('images', digest))
      findings.add(`image ${displayName(registry, image)}: it lists ${digest}, which is not recorded, push it again`)
}

async function removeImageWithTags(registry: Registry, seen: Image, checking: FsckRun): Promise<void> {
  const { repository, digest } = seen
  await removeImageNote(checking, { registry, repository, digest })
  const contents = await imageContents(seen, checking.blobs)
  await checking.store.transact(registry, async (records) => {
    const image = await records.images.get(registry, keyOf(repository, digest))
    if (!image) return
    await Promise.all(image.tags.map((tag) => records.tags.remove(registry, keyOf(repository, tag))))
    await removeImageRecord(records, registry, image)
  })
  await removeMemberReferences(checking.store, registry, seen, contents?.manifests ?? [])
}

/** What is pulled through may be on its way, or comes with the next pull. */
async function checkLayer(registry: Registry, layer: Layer, checking: FsckRun): Promise<void> {
  if (layer.pulledThrough === true || (await isAvailable(layer.digest, checking))) return
  const { store } = checking
  const isStill = await store.layers.get(registry, keyOf(layer.repository, layer.digest))
  if (isStill) checking.newFindings.add(`layer ${displayName(registry, layer)}: its bytes are missing, push it again`)
}

async function checkTag(registry: Registry, { repository, tag, digest }: Tag, checking: FsckRun): Promise<void> {
  const leadsNowhere = await checking.store.transact(registry, async ({ tags, images }) => {
    const [now, image] = await Promise.all([
      tags.get(registry, keyOf(repository, tag)),
      images.get(registry, keyOf(repository, digest)),
    ])
    if (now?.digest !== digest || image) return false
    if (checking.repair) await tags.remove(registry, keyOf(repository, tag))
    return true
  })
  if (!leadsNowhere) return
  const { account, region } = registry
  const line = `tag ${account}/${region}/${repository}:${tag}: there is no image ${digest}`
  checking.newFindings.add(line, checking.repair ? 'removed' : undefined)
}

const isAvailable = async (digest: string, { blobs, damaged: broken }: FsckRun) =>
  !broken.has(digest) && (await blobs.size(digest)) !== undefined

const displayName = ({ account, region }: Registry, { repository, digest }: { repository: string; digest: string }) =>
  `${account}/${region}/${repository}@${digest}`
