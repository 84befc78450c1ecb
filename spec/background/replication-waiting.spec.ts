import { DescribeImageReplicationStatusCommand, DescribeImagesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { recordImage } from '../../src/registry/images/image-push.js'
import { parseManifest, mediaTypes } from '../../src/registry/images/manifest.js'
import { storeManifest } from '../../src/registry/images/store-manifest.js'
import { confirmLayer } from '../../src/registry/layers/layer-with-bytes.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { account, region } from '../support/emulator.js'
import { createRepository, imageManifest, sha256 } from '../support/push.js'
import {
  configureReplication,
  inOtherRegion,
  otherRegion,
  type ReplicationEmulator,
  startReplicating,
  uninterrupted,
} from '../support/replication.js'
import { pendingReplicationsTask } from '../../src/background/replication/pending-replications.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'

const here = { account, region }
const repositoryName = 'ecr-public/app'
const LONGEST_DELAY_SECONDS = 300

async function startPulling() {
  const emulator = await startReplicating()
  await createRepository(emulator.ecr, repositoryName)
  await configureReplication(emulator.ecr, [{ region: otherRegion, registryId: account }])
  return emulator
}

/** Records an image as the first pull through a cache rule does, before the bytes of its layers arrive. */
async function pullThrough({ deps }: ReplicationEmulator, manifest: string, tag?: string): Promise<string> {
  const bytes = Buffer.from(manifest)
  const digest = sha256(bytes)
  await storeManifest(deps.blobs, digest, bytes)
  const image = {
    repository: repositoryName,
    digest,
    manifest: parseManifest(bytes),
    manifestSize: bytes.length,
    now: (await deps.clock.now()).getTime(),
    pulledThrough: true as const,
    ...(tag !== undefined && { tag }),
  }
  await recordImage(deps, here, image, bytes)
  return digest
}

/** The bytes of a layer arrive, and belong to the repository. */
async function arrive({ deps }: ReplicationEmulator, content: string): Promise<void> {
  const digest = sha256(content)
  await storeManifest(deps.blobs, digest, Buffer.from(content))
  await deps.store.layers.update(here, keyOf(repositoryName, digest), confirmLayer)
}

const manifestOf = (...layers: string[]) => {
  const [config = '', ...rest] = layers.map((content) => ({ digest: sha256(content), size: content.length }))
  return imageManifest(config as { digest: string; size: number }, rest)
}

const statusOf = async ({ ecr }: ReplicationEmulator, imageDigest: string) => {
  const describeStatus = new DescribeImageReplicationStatusCommand({ repositoryName, imageId: { imageDigest } })
  return (await ecr.send(describeStatus)).replicationStatuses?.[0]
}

describe('a replication that cannot be completed yet', () => {
  it('An image that is pulled through is copied when the bytes of all its layers are here', async () => {
    await using emulator = await startPulling()
    const digest = await pullThrough(emulator, manifestOf('config', 'layer'), 'latest')
    await arrive(emulator, 'config')
    await emulator.settle()
    expect(await statusOf(emulator, digest)).toMatchObject({ status: 'IN_PROGRESS' })
    expect(await emulator.deps.store.images.get(inOtherRegion, keyOf(repositoryName, digest))).toBeUndefined()

    await arrive(emulator, 'layer')
    await emulator.settle()
    expect(await statusOf(emulator, digest), 'The next attempt is not due yet').toMatchObject({ status: 'IN_PROGRESS' })
    await emulator.deps.clock.advance(LONGEST_DELAY_SECONDS)
    await emulator.settle()
    expect(await statusOf(emulator, digest)).toMatchObject({ status: 'COMPLETE' })
    const { imageDetails } = await emulator.there.send(new DescribeImagesCommand({ repositoryName }))
    expect(imageDetails).toMatchObject([{ imageDigest: digest, imageTags: ['latest'] }])
  })

  it('An index that is pulled through is copied when the images it lists have come after it', async () => {
    await using emulator = await startPulling()
    const member = manifestOf('config', 'layer')
    const manifests = [{ mediaType: mediaTypes.ociManifest, digest: sha256(member), size: member.length }]
    const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })
    const digest = await pullThrough(emulator, index, 'latest')
    await emulator.settle()
    expect(await statusOf(emulator, digest)).toMatchObject({ status: 'IN_PROGRESS' })

    await pullThrough(emulator, member)
    for (const content of ['config', 'layer']) await arrive(emulator, content)
    await emulator.deps.clock.advance(LONGEST_DELAY_SECONDS)
    await emulator.settle()
    expect(await statusOf(emulator, digest)).toMatchObject({ status: 'COMPLETE' })
    const { imageDetails = [] } = await emulator.there.send(new DescribeImagesCommand({ repositoryName }))
    expect(imageDetails.map(({ imageDigest }) => imageDigest).sort()).toEqual([digest, sha256(member)].sort())
  })

  it('After a day of attempts it fails', async () => {
    await using emulator = await startPulling()
    const digest = await pullThrough(emulator, manifestOf('config', 'layer'))
    await emulator.settle()
    let attempts = 0
    for (; (await statusOf(emulator, digest))?.status === 'IN_PROGRESS' && attempts < 1000; attempts++) {
      await emulator.deps.clock.advance(LONGEST_DELAY_SECONDS)
      await emulator.settle()
    }
    expect(await statusOf(emulator, digest)).toMatchObject({ status: 'FAILED', failureCode: 'LayersNotFound' })
    expect(attempts).toBeGreaterThan(100)
    expect(await emulator.eventsOf('ECR Replication Action')).toMatchObject([{ detail: { result: 'FAILED' } }])
  })

  it('An error that is not the service’s is tried again, and does not keep other images waiting', async () => {
    await using emulator = await startPulling()
    const broken = await pullThrough(emulator, manifestOf('config'))
    const sound = await pullThrough(emulator, manifestOf('other'))
    for (const content of ['config', 'other']) await arrive(emulator, content)
    await emulator.passOnChanges()
    const blobs = { ...emulator.deps.blobs, read: (digest: string) => readUnless(digest === broken, digest) }
    const readUnless = (isBroken: boolean, digest: string) =>
      isBroken ? Promise.reject(new Error('disk on fire')) : emulator.deps.blobs.read(digest)
    const { replicatorWith } = emulator
    await pendingReplicationsTask({ ...emulator.parts, replicate: replicatorWith({ blobs }) }).run(uninterrupted)
    expect(await statusOf(emulator, broken)).toMatchObject({ status: 'IN_PROGRESS' })
    expect(await statusOf(emulator, sound)).toMatchObject({ status: 'COMPLETE' })

    await emulator.deps.clock.advance(LONGEST_DELAY_SECONDS)
    await emulator.settle()
    expect(await statusOf(emulator, broken)).toMatchObject({ status: 'COMPLETE' })
  })

  it('While the store is unavailable no attempt is counted', async () => {
    await using emulator = await startPulling()
    await pullThrough(emulator, manifestOf('config'))
    await emulator.passOnChanges()
    const blobs = { ...emulator.deps.blobs, read: () => Promise.reject(new StoreUnavailable('no answer')) }
    const task = pendingReplicationsTask({ ...emulator.parts, replicate: emulator.replicatorWith({ blobs }) })
    await expect(task.run(uninterrupted)).rejects.toThrow('no answer')
    const { items } = await emulator.deps.store.pendingReplications.list(here, { limit: 10 })
    expect(items).toMatchObject([{ attempts: 0 }])
  })
})
