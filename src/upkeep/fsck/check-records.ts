import type { Image, Layer, Tag } from '../../registry/images/image.js'
import { imageContents } from '../../registry/images/image-contents.js'
import { removeImageNote, syncImageNote } from '../../registry/images/image-notes.js'
import { removeImageRecord, removeMemberReferences } from '../../registry/images/record-contents.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import type { FsckRun } from './findings.js'
import { eachRecord } from '../record-walk.js'

/** Compares the records with the blobs and with each other. Returns the number of images. */
export async function checkRecords(run: FsckRun): Promise<number> {
  const { store } = run
  let images = 0
  for (const registry of await store.registries()) {
    for await (const image of eachRecord(store.images, registry)) {
      images++
      await checkImage(registry, image, run)
      run.report({ doing: 'Checking images', done: images })
    }
    for await (const layer of eachRecord(store.layers, registry)) await checkLayer(registry, layer, run)
    for await (const tag of eachRecord(store.tags, registry)) await checkTag(registry, tag, run)
  }
  return images
}

/**
 * A pulled-through image without its manifest is removed, since the next pull imports it again. The record of a pushed
 * image stays, because nothing else is left of it.
 */
async function checkImage(registry: Registry, image: Image, run: FsckRun): Promise<void> {
  const { repository, digest, pulledThrough } = image
  if (await isAvailable(digest, run)) {
    if (run.repair) await syncImageNote(run, { registry, repository, digest })
    return checkContents(registry, image, run)
  }
  const canRemove = run.repair && pulledThrough === true
  if (canRemove) await removeImageWithTags(registry, image, run)
  run.findings.add(
    `image ${displayName(registry, image)}: its manifest is missing`,
    canRemove ? 'removed, the next pull imports it again' : undefined,
  )
}

/**
 * Checks that the layers and members of an image are recorded. A layer is recorded again if its bytes are here or an
 * upstream has them. An image that was pushed without its layers may lack them.
 */
async function checkContents(registry: Registry, image: Image, run: FsckRun): Promise<void> {
  const { repository, digest: imageDigest, pulledThrough, mayLackLayers } = image
  const { store, findings, repair } = run
  const { blobs = [], manifests = [] } = (await imageContents(image, run.blobs)) ?? {}
  // The image is read last: one that was deleted meanwhile lacks nothing.
  const lacks = async (collection: 'layers' | 'images', digest: string) =>
    !(await store[collection].get(registry, keyOf(repository, digest))) &&
    (await store.images.get(registry, keyOf(repository, imageDigest))) !== undefined

  for (const { digest, size, mediaType } of blobs) {
    if (!(await lacks('layers', digest))) continue
    const fromUpstream = pulledThrough && { pulledThrough }
    const layer: Layer = { repository, digest, size, mediaType, isInImage: true, ...fromUpstream }
    const line = `layer ${displayName(registry, layer)}: image ${imageDigest} needs it and it is not recorded`
    const isObtainable = pulledThrough === true || (await isAvailable(digest, run))
    if (mayLackLayers && !isObtainable) continue
    if (repair && isObtainable) await store.layers.insert(registry, keyOf(repository, digest), layer)
    findings.add(isObtainable ? line : `${line}, push it again`, repair && isObtainable ? 'recorded again' : undefined)
  }
  if (pulledThrough) return
  for (const { digest } of manifests)
    if (await lacks('images', digest))
      findings.add(`image ${displayName(registry, image)}: it lists ${digest}, which is not recorded, push it again`)
}

async function removeImageWithTags(registry: Registry, checkedImage: Image, run: FsckRun): Promise<void> {
  const { repository, digest } = checkedImage
  await removeImageNote(run, { registry, repository, digest })
  const contents = await imageContents(checkedImage, run.blobs)
  await run.store.transact(registry, async (records) => {
    const image = await records.images.get(registry, keyOf(repository, digest))
    if (!image) return
    await Promise.all(image.tags.map((tag) => records.tags.remove(registry, keyOf(repository, tag))))
    await removeImageRecord(records, registry, image)
  })
  await removeMemberReferences(run.store, registry, checkedImage, contents?.manifests ?? [])
}

/** A pulled-through layer without bytes is no finding: it is still being fetched, or the next pull fetches it. */
async function checkLayer(registry: Registry, layer: Layer, run: FsckRun): Promise<void> {
  if (layer.pulledThrough === true || (await isAvailable(layer.digest, run))) return
  const isStillRecorded = await run.store.layers.get(registry, keyOf(layer.repository, layer.digest))
  if (isStillRecorded) run.findings.add(`layer ${displayName(registry, layer)}: its bytes are missing, push it again`)
}

async function checkTag(registry: Registry, { repository, tag, digest }: Tag, run: FsckRun): Promise<void> {
  const isDangling = await run.store.transact(registry, async ({ tags, images }) => {
    const [current, image] = await Promise.all([
      tags.get(registry, keyOf(repository, tag)),
      images.get(registry, keyOf(repository, digest)),
    ])
    if (current?.digest !== digest || image) return false
    if (run.repair) await tags.remove(registry, keyOf(repository, tag))
    return true
  })
  if (!isDangling) return
  const { account, region } = registry
  const line = `tag ${account}/${region}/${repository}:${tag}: there is no image ${digest}`
  run.findings.add(line, run.repair ? 'removed' : undefined)
}

const isAvailable = async (digest: string, { blobs, damaged }: FsckRun) =>
  !damaged.has(digest) && (await blobs.size(digest)) !== undefined

const displayName = ({ account, region }: Registry, { repository, digest }: { repository: string; digest: string }) =>
  `${account}/${region}/${repository}@${digest}`
