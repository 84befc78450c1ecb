import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCreationTemplateCommand,
  DescribeImageReplicationStatusCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetDownloadUrlForLayerCommand,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { keyOf } from '../../src/registry/ports/store.js'
import { defaultQuotas } from '../../src/registry/quotas.js'
import { changeStorageClass } from '../../src/registry/images/storage-class-change.js'
import { account, region } from '../support/emulator.js'
import { createRepository, pushImage, pushIndex, sha256 } from '../support/push.js'
import {
  configureReplication,
  inOtherRegion,
  otherRegion,
  type ReplicationEmulator,
  startReplicating,
  uninterrupted,
} from '../support/replication.js'
import { pendingReplicationsTask } from '../../src/background/replication/pending-replications.js'

const toOtherRegion = [{ region: otherRegion, registryId: account }]
const repositoryName = 'team/app'
const here = { account, region }

const statusOf = async ({ ecr }: ReplicationEmulator, imageDigest: string) => {
  const describeStatus = new DescribeImageReplicationStatusCommand({ repositoryName, imageId: { imageDigest } })
  return (await ecr.send(describeStatus)).replicationStatuses
}

/** The digests and tags in a repository; undefined if there is no such repository. */
async function imagesIn(client: ReplicationEmulator['ecr'], name = repositoryName) {
  const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName: name }))
  return Object.fromEntries(imageDetails.map(({ imageDigest = '', imageTags = [] }) => [imageDigest, imageTags]))
}

const repositoriesIn = async (client: ReplicationEmulator['ecr']) =>
  (await client.send(new DescribeRepositoriesCommand({}))).repositories?.map((each) => each.repositoryName)

const pendingIn = async ({ deps }: ReplicationEmulator) =>
  (await deps.store.pendingReplications.list(here, { limit: 100 })).items

/** An emulator whose one repository is replicated to the other Region. */
async function startToOtherRegion(options: Parameters<typeof startReplicating>[0] = {}) {
  const emulator = await startReplicating(options)
  await createRepository(emulator.ecr)
  await configureReplication(emulator.ecr, toOtherRegion)
  return emulator
}

describe('replication', () => {
  it('A pushed image appears in the other Region with its tag and its layers, in a repository created for it', async () => {
    await using emulator = await startToOtherRegion()
    const { digest, manifest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1', layer: 'a layer' })
    await emulator.passOnChanges()
    expect(await statusOf(emulator, digest)).toEqual([
      { region: otherRegion, registryId: account, status: 'IN_PROGRESS' },
    ])

    await emulator.settle()

    const imageIds = [{ imageTag: 'v1' }]
    const { images } = await emulator.there.send(new BatchGetImageCommand({ repositoryName, imageIds }))
    expect(images).toMatchObject([{ imageId: { imageDigest: digest, imageTag: 'v1' }, imageManifest: manifest }])
    const layer = { repositoryName, layerDigest: sha256('a layer') }
    expect((await emulator.there.send(new GetDownloadUrlForLayerCommand(layer))).layerDigest).toBe(layer.layerDigest)
    expect(await statusOf(emulator, digest)).toEqual([{ region: otherRegion, registryId: account, status: 'COMPLETE' }])
    expect(await pendingIn(emulator)).toEqual([])
  })

  it('Each tag of an image is an event of the destination, and an image without a tag is one too', async () => {
    await using emulator = await startToOtherRegion()
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v2' })
    const untagged = await pushImage(emulator.ecr, repositoryName, { layer: 'another' })
    await emulator.settle()

    const events = await emulator.eventsOf('ECR Replication Action')
    const detail = {
      result: 'SUCCESS',
      'repository-name': repositoryName,
      'source-account': account,
      'action-type': 'REPLICATE',
      'source-region': region,
    }
    expect(events).toHaveLength(3)
    expect(events).toEqual(
      expect.arrayContaining(
        [
          { 'image-digest': digest, 'image-tag': 'v1' },
          { 'image-digest': digest, 'image-tag': 'v2' },
          { 'image-digest': untagged.digest },
        ].map((image): unknown =>
          expect.objectContaining({
            source: 'aws.ecr',
            account,
            region: otherRegion,
            resources: [`arn:aws:ecr:${otherRegion}:${account}:repository/${repositoryName}`],
            detail: { ...detail, ...image },
          }),
        ),
      ),
    )
    expect(await imagesIn(emulator.there)).toEqual({ [digest]: ['v1', 'v2'], [untagged.digest]: [] })
  })

  it('The status is IN_PROGRESS until the last tag of an image has arrived', async () => {
    await using emulator = await startToOtherRegion()
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.settle()
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v2' })
    await emulator.passOnChanges()
    expect(await statusOf(emulator, digest)).toMatchObject([{ status: 'IN_PROGRESS' }])
    await emulator.settle()
    expect(await statusOf(emulator, digest)).toMatchObject([{ status: 'COMPLETE' }])
  })

  it('An index arrives with the images it lists, also those that were pushed before replication was configured', async () => {
    await using emulator = await startReplicating()
    await createRepository(emulator.ecr)
    const members = [
      await pushImage(emulator.ecr, repositoryName, { layer: 'amd64' }),
      await pushImage(emulator.ecr, repositoryName, { layer: 'arm64' }),
    ]
    await emulator.deps.clock.advance(1)
    await configureReplication(emulator.ecr, toOtherRegion)
    const index = await pushIndex(emulator.ecr, repositoryName, members, 'v1')
    await emulator.settle()
    const untagged = Object.fromEntries(members.map(({ digest }) => [digest, []]))
    expect(await imagesIn(emulator.there)).toEqual({ ...untagged, [index.digest]: ['v1'] })
  })

  it('A referrer is copied like any image, and refers to its subject there', async () => {
    await using emulator = await startToOtherRegion()
    const subject = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: subject.digest, size: 1 }
    const referrer = await pushImage(emulator.ecr, repositoryName, { rest: { subject: descriptor } })
    await emulator.settle()
    const key = keyOf(repositoryName, referrer.digest)
    expect(await emulator.deps.store.images.get(inOtherRegion, key)).toMatchObject({ subject: subject.digest })
    const reference = keyOf(repositoryName, subject.digest, 'subject', referrer.digest)
    expect(await emulator.deps.store.references.get(inOtherRegion, reference)).toBeDefined()
  })

  it('What was pushed before the configuration is not replicated', async () => {
    await using emulator = await startReplicating()
    await createRepository(emulator.ecr)
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.deps.clock.advance(1)
    await configureReplication(emulator.ecr, toOtherRegion)
    await emulator.settle()
    expect(await repositoriesIn(emulator.there)).toEqual([])
    expect(await statusOf(emulator, digest)).toEqual([])
  })

  it('A push that was not processed when the configuration changed is replicated by the rules of its time', async () => {
    await using emulator = await startToOtherRegion()
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.deps.clock.advance(1)
    await configureReplication(emulator.ecr, [{ region: 'us-west-2', registryId: account }])
    await emulator.settle()
    expect(await statusOf(emulator, digest)).toEqual([{ region: otherRegion, registryId: account, status: 'COMPLETE' }])
  })

  it('Only repositories whose name begins with a filter are replicated', async () => {
    await using emulator = await startReplicating()
    await configureReplication(emulator.ecr, toOtherRegion, ['prod', 'shared/'])
    for (const name of ['prod-app', 'shared/base', 'development/prod', 'shared']) {
      await createRepository(emulator.ecr, name)
      await pushImage(emulator.ecr, name, { imageTag: 'v1' })
    }
    await emulator.settle()
    expect(await repositoriesIn(emulator.there)).toEqual(['prod-app', 'shared/base'])
  })

  it('Deleting an image leaves its copy, and an image that is deleted before it was copied is not copied', async () => {
    await using emulator = await startToOtherRegion()
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.settle()
    const remove = (imageTag: string) =>
      emulator.ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag }] }))
    await remove('v1')
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v2', layer: 'another' })
    await emulator.passOnChanges()
    await remove('v2')
    await emulator.settle()
    expect(await imagesIn(emulator.there)).toEqual({ [digest]: ['v1'] })
    expect(await pendingIn(emulator)).toEqual([])
    expect((await emulator.deps.store.imageReplications.list(here, { limit: 10 })).items).toEqual([])
  })

  it('A copy is not replicated further', async () => {
    await using emulator = await startToOtherRegion()
    await configureReplication(emulator.there, [{ region: 'us-west-2', registryId: account }])
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.settle()
    await emulator.settle()
    expect(Object.values(await imagesIn(emulator.there))).toEqual([['v1']])
    expect(await repositoriesIn(emulator.as('AKIDEXAMPLE', 'us-west-2'))).toEqual([])
  })

  it('A copy moves a mutable tag, and arrives without a tag that is immutable in the destination', async () => {
    await using emulator = await startToOtherRegion()
    const first = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1', layer: 'first' })
    await emulator.settle()
    const second = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1', layer: 'second' })
    await emulator.settle()
    expect(await imagesIn(emulator.there)).toEqual({ [first.digest]: [], [second.digest]: ['v1'] })

    const immutable = { repositoryName, imageTagMutability: 'IMMUTABLE' as const }
    await emulator.there.send(new PutImageTagMutabilityCommand(immutable))
    const third = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1', layer: 'third' })
    await emulator.settle()
    expect(await imagesIn(emulator.there)).toEqual({ [first.digest]: [], [second.digest]: ['v1'], [third.digest]: [] })
    expect(await statusOf(emulator, third.digest)).toMatchObject([{ status: 'COMPLETE' }])
  })

  it('A tag that has moved on before the copy is made stays with the newer image', async () => {
    await using emulator = await startToOtherRegion()
    const first = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1', layer: 'first' })
    await emulator.passOnChanges()
    const second = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1', layer: 'second' })
    await emulator.settle()
    expect(await imagesIn(emulator.there)).toEqual({ [first.digest]: [], [second.digest]: ['v1'] })
  })

  it('An archived image is not replicated until it is restored and ACTIVE', async () => {
    await using emulator = await startReplicating()
    const { ecr, deps } = emulator
    await createRepository(ecr)
    const { digest } = await pushImage(ecr, repositoryName, { imageTag: 'v1' })
    const archive = { repository: repositoryName, digest, cause: 'request' as const }
    const change = async (target: Parameters<typeof changeStorageClass>[2]['target']) =>
      changeStorageClass(deps, here, { ...archive, target, now: await deps.clock.now() })
    await deps.clock.advance(1)
    await configureReplication(ecr, toOtherRegion)
    await change({ class: 'ARCHIVE' })
    await emulator.settle()
    expect(await statusOf(emulator, digest)).toEqual([])

    const restoredAt = await deps.clock.advance(60)
    await change({ class: 'STANDARD', activeFrom: restoredAt.getTime() + 60_000 })
    await emulator.settle()
    expect(await statusOf(emulator, digest)).toEqual([])
    await deps.clock.advance(60)
    await emulator.settle()
    expect(await imagesIn(emulator.there)).toEqual({ [digest]: ['v1'] })
  })

  it('A quota of the destination is a failure with its own code and event', async () => {
    await using emulator = await startReplicating({ quotas: { ...defaultQuotas, repositories: 1 } })
    await createRepository(emulator.ecr)
    await createRepository(emulator.there, 'something/else')
    await configureReplication(emulator.ecr, toOtherRegion)
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.settle()
    const failed = { region: otherRegion, registryId: account, status: 'FAILED', failureCode: 'LimitExceeded' }
    expect(await statusOf(emulator, digest)).toEqual([failed])
    const facts = { result: 'FAILED', 'image-digest': digest, 'image-tag': 'v1' }
    expect(await emulator.eventsOf('ECR Replication Action')).toMatchObject([{ region: otherRegion, detail: facts }])
  })

  it('The repository that is created for a copy has the settings of the destination’s creation template', async () => {
    await using emulator = await startToOtherRegion()
    const template = { prefix: 'team', appliedFor: ['REPLICATION' as const] }
    await emulator.there.send(
      new CreateRepositoryCreationTemplateCommand({ ...template, imageTagMutability: 'IMMUTABLE' }),
    )
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.settle()
    const { repositories } = await emulator.there.send(new DescribeRepositoriesCommand({}))
    expect(repositories).toMatchObject([{ repositoryName, imageTagMutability: 'IMMUTABLE' }])
    expect(Object.values(await imagesIn(emulator.there))).toEqual([['v1']])
  })

  it('A creation template that cannot be applied is a failure', async () => {
    await using emulator = await startToOtherRegion()
    const template = { prefix: 'team', appliedFor: ['REPLICATION' as const] }
    const resourceTags = [{ Key: 'team', Value: 'a' }]
    await emulator.there.send(new CreateRepositoryCreationTemplateCommand({ ...template, resourceTags }))
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.settle()
    expect(await statusOf(emulator, digest)).toMatchObject([{ status: 'FAILED', failureCode: 'TemplateNotApplicable' }])
    expect(await repositoriesIn(emulator.there)).toEqual([])
  })

  it('A run that is interrupted after the copy is made is completed by the next one', async () => {
    await using emulator = await startToOtherRegion()
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.passOnChanges()
    const killed = { record: () => Promise.reject(new Error('killed')) }
    const interrupted = pendingReplicationsTask({ ...emulator.parts, events: killed })
    await expect(interrupted.run(uninterrupted)).rejects.toThrow('killed')
    expect(await statusOf(emulator, digest)).toMatchObject([{ status: 'IN_PROGRESS' }])
    await emulator.settle()
    expect(await statusOf(emulator, digest)).toMatchObject([{ status: 'COMPLETE' }])
    expect(await imagesIn(emulator.there)).toEqual({ [digest]: ['v1'] })
  })

  it('A run stops between two images when it is told to, and the next run goes on', async () => {
    await using emulator = await startToOtherRegion()
    for (const layer of ['a', 'b', 'c']) await pushImage(emulator.ecr, repositoryName, { imageTag: layer, layer })
    await emulator.passOnChanges()
    const stop = new AbortController()
    const { replicate } = emulator.parts
    const replicateOnce: typeof replicate = (copy) => replicate(copy).finally(() => stop.abort())
    await pendingReplicationsTask({ ...emulator.parts, replicate: replicateOnce }).run(stop.signal)
    expect(Object.keys(await imagesIn(emulator.there))).toHaveLength(1)
    await emulator.settle()
    expect(Object.keys(await imagesIn(emulator.there))).toHaveLength(3)
  })
})
