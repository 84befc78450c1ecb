import type { Image, Layer, Tag } from '../../registry/images/image.js'
import { contentsOf } from '../../registry/images/image-contents.js'
import { forgetName, nameImage } from '../../registry/images/image-notes.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { forgetMembers, removeImage } from '../../registry/images/remove-image.js'
import type { Checking } from './findings.js'
import { eachRecord } from '../record-walk.js'

/** Compares the records with the blobs and with each other; answers how many images there are. */
export async function fsckRecords(checking: Checking): Promise<number> {
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
async function checkImage(registry: Registry, image: Image, checking: Checking): Promise<void> {
  const { repository, digest, pulledThrough } = image
  if (await isKept(digest, checking)) {
    if (checking.repair) await nameImage(checking, { registry, repository, digest })
    return checkContents(registry, image, checking)
  }
  const goes = checking.repair && pulledThrough === true
  if (goes) await forgetImage(registry, image, checking)
  checking.findings.add(
    `image ${nameOf(registry, image)}: its manifest is missing`,
    goes ? 'forgotten, the next pull brings it again' : undefined,
  )
}

/** What an image was put with: layers whose bytes are here are recorded again, and those an upstream has. */
async function checkContents(registry: Registry, image: Image, checking: Checking): Promise<void> {
  const { repository, digest: by, pulledThrough } = image
  const { store, findings, repair } = checking
  const { blobs = [], manifests = [] } = (await contentsOf(image, checking.blobs)) ?? {}
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
    const line = `layer ${nameOf(registry, layer)}: image ${by} needs it and it is not recorded`
    const isToBeHad = pulledThrough === true || (await isKept(digest, checking))
    if (repair && isToBeHad) await store.layers.insert(registry, keyOf(repository, digest), layer)
    findings.add(isToBeHad ? line : `${line}, push it again`, repair && isToBeHad ? 'recorded again' : undefined)
  }
  if (pulledThrough) return
  for (const { digest } of manifests)
    if (await lacks('images', digest))
      findings.add(`image ${nameOf(registry, image)}: it lists ${digest}, which is not recorded, push it again`)
}

async function forgetImage(registry: Registry, seen: Image, checking: Checking): Promise<void> {
  const { repository, digest } = seen
  await forgetName(checking, { registry, repository, digest })
  const contents = await contentsOf(seen, checking.blobs)
  await checking.store.transact(registry, async (records) => {
    const image = await records.images.get(registry, keyOf(repository, digest))
    if (!image) return
    await Promise.all(image.tags.map((tag) => records.tags.remove(registry, keyOf(repository, tag))))
    await removeImage(records, registry, image)
  })
  await forgetMembers(checking.store, registry, seen, contents?.manifests ?? [])
}

/** What is pulled through may be on its way, or comes with the next pull. */
async function checkLayer(registry: Registry, layer: Layer, checking: Checking): Promise<void> {
  if (layer.pulledThrough === true || (await isKept(layer.digest, checking))) return
  const { store } = checking
  const isStill = await store.layers.get(registry, keyOf(layer.repository, layer.digest))
  if (isStill) checking.findings.add(`layer ${nameOf(registry, layer)}: its bytes are missing, push it again`)
}

async function checkTag(registry: Registry, { repository, tag, digest }: Tag, checking: Checking): Promise<void> {
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
  checking.findings.add(line, checking.repair ? 'removed' : undefined)
}

const isKept = async (digest: string, { blobs, broken }: Checking) =>
  !broken.has(digest) && (await blobs.size(digest)) !== undefined

const nameOf = ({ account, region }: Registry, { repository, digest }: { repository: string; digest: string }) =>
  `${account}/${region}/${repository}@${digest}`
