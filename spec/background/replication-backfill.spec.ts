import {
  BatchDeleteImageCommand,
  DeleteRepositoryCommand,
  DescribeImageReplicationStatusCommand,
  DescribeReplicationBackfillResultsCommand,
  ListReplicationBackfillsCommand,
  PutImageCommand,
  StartReplicationBackfillCommand,
  StopReplicationBackfillCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import type { Replicate } from '../../src/background/replication/replicator.js'
import { replicationBackfillsTask } from '../../src/background/replication/replication-backfills.js'
import { changeStorageClass } from '../../src/registry/images/storage-class-change.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { account, region } from '../support/emulator.js'
import { createRepository, pushImage, pushIndex, type Pushed } from '../support/push.js'
import {
  configureReplication,
  inOtherRegion,
  otherRegion,
  type ReplicationEmulator,
  startReplicating,
  uninterrupted,
} from '../support/replication.js'

const here = { account, region }
const destination = { region: otherRegion, registryId: account }
const repositoryName = 'team/app'
const DAY_SECONDS = 86_400

const start = async ({ ecr }: ReplicationEmulator) =>
  (await ecr.send(new StartReplicationBackfillCommand({ destination }))).replicationBackfillId ?? ''

const describeResults = ({ ecr }: ReplicationEmulator, replicationBackfillId: string, rest: object = {}) =>
  ecr.send(new DescribeReplicationBackfillResultsCommand({ replicationBackfillId, ...rest }))

/** Runs the task as often as it is needed. */
async function finish(emulator: ReplicationEmulator, id: string, replicate: Replicate = emulator.parts.replicate) {
  const task = replicationBackfillsTask({ ...emulator.parts, replicate })
  for (let runs = 0; runs < 100; runs++) {
    await task.run(uninterrupted)
    const { status } = await describeResults(emulator, id)
    if (status !== 'PREPARING' && status !== 'IN_PROGRESS' && status !== 'STOPPING') break
  }
  await task.run(uninterrupted)
  return describeResults(emulator, id, { maxResults: 1000 })
}

/** An emulator with images in a repository that were pushed before replication was configured. */
async function startStocked(push: (emulator: ReplicationEmulator) => Promise<unknown>) {
  const emulator = await startReplicating()
  await createRepository(emulator.ecr)
  await push(emulator)
  await emulator.settle()
  await emulator.deps.clock.advance(1)
  await configureReplication(emulator.ecr, [destination])
  return emulator
}

/** As many tags of one image. */
async function pushTags({ ecr }: ReplicationEmulator, count: number): Promise<Pushed> {
  const image = await pushImage(ecr, repositoryName, { imageTag: 'tag-000' })
  for (let number = 1; number < count; number++) {
    const imageTag = `tag-${String(number).padStart(3, '0')}`
    await ecr.send(new PutImageCommand({ repositoryName, imageManifest: image.manifest, imageTag }))
  }
  return image
}

/** Fails for these tags, as if the destination refused them. */
const failingFor =
  (isFailing: (tag: string) => boolean, replicate: Replicate): Replicate =>
  async (copy) =>
    isFailing(copy.tags[0] ?? '') ? { status: 'FAILED', failureCode: 'AccessDenied' } : replicate(copy)

const number = (tag: string) => Number(tag.slice('tag-'.length))

describe('a replication backfill', () => {
  it('It goes from PREPARING, without progress and results, by IN_PROGRESS to COMPLETE', async () => {
    await using emulator = await startStocked(async ({ ecr }) => {
      await pushImage(ecr, repositoryName, { imageTag: 'v1' })
      await pushImage(ecr, repositoryName, { imageTag: 'v2' })
      await pushImage(ecr, repositoryName, { layer: 'untagged' })
    })
    const id = await start(emulator)
    const preparing = await describeResults(emulator, id)
    expect(preparing).toMatchObject({ status: 'PREPARING', results: [] })
    expect([preparing.progress, preparing.endedAt]).toEqual([undefined, undefined])

    const task = replicationBackfillsTask(emulator.parts)
    await task.run(uninterrupted)
    expect(await describeResults(emulator, id)).toMatchObject({
      status: 'IN_PROGRESS',
      results: [],
      progress: { totalReplicationCount: 3, completedReplicationCount: 0, failedReplicationCount: 0, failureCodes: [] },
    })

    const startedAt = await emulator.deps.clock.now()
    const endedAt = await emulator.deps.clock.advance(5)
    const { results, ...described } = await finish(emulator, id)
    expect(described).toMatchObject({
      registryId: account,
      replicationBackfillId: id,
      destination,
      status: 'COMPLETE',
      startedAt,
      endedAt,
      progress: { totalReplicationCount: 3, completedReplicationCount: 3, failedReplicationCount: 0, failureCodes: [] },
    })
    expect(results?.map(({ repositoryName: name, imageId, status }) => [name, imageId?.imageTag, status])).toEqual(
      expect.arrayContaining([
        [repositoryName, 'v1', 'COMPLETE'],
        [repositoryName, 'v2', 'COMPLETE'],
        [repositoryName, undefined, 'COMPLETE'],
      ]),
    )
    expect((await emulator.deps.store.images.list(inOtherRegion, { limit: 10 })).items).toHaveLength(2)
  })

  it('An image that it copied has a replication status', async () => {
    await using emulator = await startStocked(({ ecr }) => pushImage(ecr, repositoryName, { imageTag: 'v1' }))
    await finish(emulator, await start(emulator))
    const describeStatus = new DescribeImageReplicationStatusCommand({ repositoryName, imageId: { imageTag: 'v1' } })
    const { replicationStatuses } = await emulator.ecr.send(describeStatus)
    expect(replicationStatuses).toEqual([{ ...destination, status: 'COMPLETE' }])
  })

  it('Its end is an event, also if the process dies before the event is recorded', async () => {
    await using emulator = await startStocked(({ ecr }) => pushImage(ecr, repositoryName, { imageTag: 'v1' }))
    const id = await start(emulator)
    const task = replicationBackfillsTask(emulator.parts)
    await task.run(uninterrupted)
    await task.run(uninterrupted)
    const killed = { record: () => Promise.reject(new Error('killed')) }
    const interrupted = replicationBackfillsTask({ ...emulator.parts, events: killed })
    await expect(interrupted.run(uninterrupted)).rejects.toThrow('killed')
    await task.run(uninterrupted)
    await task.run(uninterrupted)
    expect(await emulator.eventsOf('ECR Replication Backfill Action')).toMatchObject([
      {
        account,
        region,
        resources: [],
        detail: {
          'replication-backfill-id': id,
          status: 'COMPLETE',
          'destination-account': account,
          'destination-region': otherRegion,
          'total-replication-count': 1,
          'completed-replication-count': 1,
          'failed-replication-count': 0,
        },
      },
    ])
  })

  it('An index is one replication for each tag, which brings the images it lists', async () => {
    await using emulator = await startStocked(async ({ ecr }) => {
      const members = [
        await pushImage(ecr, repositoryName, { layer: 'amd64' }),
        await pushImage(ecr, repositoryName, { layer: 'arm64', imageTag: 'arm64' }),
      ]
      await pushIndex(ecr, repositoryName, members, 'v1')
    })
    const { progress, results } = await finish(emulator, await start(emulator))
    expect(progress).toMatchObject({ totalReplicationCount: 2, completedReplicationCount: 2 })
    expect(results?.map(({ imageId }) => imageId?.imageTag).sort()).toEqual(['arm64', 'v1'])
    expect((await emulator.deps.store.images.list(inOtherRegion, { limit: 10 })).items).toHaveLength(3)
  })

  it('Repositories that do not match, and archived images, are left out', async () => {
    await using emulator = await startReplicating()
    const { ecr, deps } = emulator
    for (const name of ['prod/app', 'test/app']) {
      await createRepository(ecr, name)
      await pushImage(ecr, name, { imageTag: 'v1' })
    }
    const { digest } = await pushImage(ecr, 'prod/app', { imageTag: 'old', layer: 'old' })
    const archive = { repository: 'prod/app', digest, target: { class: 'ARCHIVE' as const }, cause: 'request' as const }
    await changeStorageClass(deps, here, { ...archive, now: await deps.clock.now() })
    await emulator.settle()
    await deps.clock.advance(1)
    await configureReplication(ecr, [destination], ['prod'])
    const { results } = await finish(emulator, await start(emulator))
    expect(results).toMatchObject([{ repositoryName: 'prod/app', imageId: { imageTag: 'v1' }, status: 'COMPLETE' }])
  })

  it('Images that were deleted meanwhile, alone or with their repository, and tags that have moved are failures', async () => {
    await using emulator = await startStocked(async ({ ecr }) => {
      for (const imageTag of ['moved', 'gone', 'stays'])
        await pushImage(ecr, repositoryName, { imageTag, layer: imageTag })
      await createRepository(ecr, 'other/app')
      await pushImage(ecr, 'other/app', { imageTag: 'v1' })
    })
    const { ecr } = emulator
    const id = await start(emulator)
    await replicationBackfillsTask(emulator.parts).run(uninterrupted)
    await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: 'gone' }] }))
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'other/app', force: true }))
    await pushImage(ecr, repositoryName, { imageTag: 'moved', layer: 'newer' })
    const { results = [], progress, status } = await finish(emulator, id)
    expect(status, 'Fewer than 100 were processed').toBe('COMPLETE')
    const outcomes = results.map(({ imageId, ...result }) => [imageId?.imageTag, result.status, result.failureCode])
    expect(new Map(outcomes.map(([tag, ...outcome]) => [tag, outcome]))).toEqual(
      new Map([
        ['gone', ['FAILED', 'ImageNotFound']],
        ['moved', ['FAILED', 'ImageNotFound']],
        ['stays', ['COMPLETE', undefined]],
        ['v1', ['FAILED', 'RepositoryNotFound']],
      ]),
    )
    expect(progress).toEqual({
      totalReplicationCount: 4,
      completedReplicationCount: 1,
      failedReplicationCount: 3,
      failureCodes: ['ImageNotFound', 'RepositoryNotFound'],
    })
  })

  it('An index whose images cannot be copied says why', async () => {
    await using emulator = await startStocked(async ({ ecr }) => {
      await pushIndex(ecr, repositoryName, [await pushImage(ecr, repositoryName)], 'v1')
    })
    const { deps } = emulator
    const { items } = await deps.store.layers.list(here, { limit: 10 })
    for (const { digest } of items) await deps.store.layers.remove(here, keyOf(repositoryName, digest))
    const id = await start(emulator)
    let described = await describeResults(emulator, id)
    for (let attempts = 0; described.status !== 'COMPLETE' && attempts < 30; attempts++) {
      await replicationBackfillsTask(emulator.parts).run(uninterrupted)
      await deps.clock.advance(60)
      described = await describeResults(emulator, id)
    }
    expect(described.results).toMatchObject([
      {
        imageId: { imageTag: 'v1' },
        status: 'FAILED',
        failureCode: 'ReferencedImagesNotFound',
        subImageFailureCodes: ['LayersNotFound'],
      },
    ])
  })

  it('It FAILS when half of the replications have failed, once 100 were processed', async () => {
    await using emulator = await startStocked((each) => pushTags(each, 120))
    const replicate = failingFor((tag) => number(tag) % 2 === 0, emulator.parts.replicate)
    const { status, failureCode, progress, results } = await finish(emulator, await start(emulator), replicate)
    expect([status, failureCode]).toEqual(['FAILED', 'TooManyFailures'])
    expect(progress).toEqual({
      totalReplicationCount: 120,
      completedReplicationCount: 50,
      failedReplicationCount: 50,
      failureCodes: ['AccessDenied'],
    })
    expect(results, 'What was not tried has no result').toHaveLength(100)
  })

  it('It goes on when fewer than half have failed, or fewer than 100 were processed', async () => {
    await using emulator = await startStocked((each) => pushTags(each, 120))
    const { replicate } = emulator.parts
    const fewer = failingFor((tag) => number(tag) < 49, replicate)
    expect(await finish(emulator, await start(emulator), fewer)).toMatchObject({
      status: 'COMPLETE',
      progress: { completedReplicationCount: 71, failedReplicationCount: 49 },
    })

    await using small = await startStocked((each) => pushTags(each, 99))
    const all = failingFor(() => true, replicate)
    expect(await finish(small, await start(small), all)).toMatchObject({
      status: 'COMPLETE',
      progress: { completedReplicationCount: 0, failedReplicationCount: 99 },
    })
  })

  it('Stopped while it is PREPARING, it is STOPPED at once, without progress', async () => {
    await using emulator = await startStocked((each) => pushTags(each, 2))
    const replicationBackfillId = await start(emulator)
    const stop = new StopReplicationBackfillCommand({ replicationBackfillId })
    expect(await emulator.ecr.send(stop)).toMatchObject({ replicationBackfillId, status: 'STOPPED', destination })
    const described = await finish(emulator, replicationBackfillId)
    expect(described).toMatchObject({ status: 'STOPPED', results: [], endedAt: await emulator.deps.clock.now() })
    expect(described.progress).toBeUndefined()
    const events = await emulator.eventsOf('ECR Replication Backfill Action')
    expect(events.map(({ detail }) => detail)).toMatchObject([{ status: 'STOPPED' }])
    expect((await emulator.deps.store.images.list(inOtherRegion, { limit: 10 })).items).toEqual([])
  })

  it('Stopped while it is IN_PROGRESS, it completes the copies that are being made, and these stay', async () => {
    await using emulator = await startStocked((each) => pushTags(each, 60))
    const replicationBackfillId = await start(emulator)
    const stop = new StopReplicationBackfillCommand({ replicationBackfillId })
    const answers: (string | undefined)[] = []
    const stopMeanwhile: Replicate = async (copy) => {
      if (copy.tags[0] === 'tag-003') answers.push((await emulator.ecr.send(stop)).status)
      return emulator.parts.replicate(copy)
    }
    const { status, progress, results } = await finish(emulator, replicationBackfillId, stopMeanwhile)
    expect(answers).toEqual(['STOPPING'])
    expect(status).toBe('STOPPED')
    expect(progress).toMatchObject({
      totalReplicationCount: 60,
      completedReplicationCount: 25,
      failedReplicationCount: 0,
    })
    expect(results).toHaveLength(25)
    const [copy] = (await emulator.deps.store.images.list(inOtherRegion, { limit: 10 })).items
    expect(copy?.tags).toHaveLength(25)
  })

  it('A run that is interrupted loses no result, and the next run goes on', async () => {
    await using emulator = await startStocked((each) => pushTags(each, 10))
    const id = await start(emulator)
    await replicationBackfillsTask(emulator.parts).run(uninterrupted)
    const stopping = new AbortController()
    const { replicate } = emulator.parts
    const interrupted: Replicate = (copy) =>
      replicate(copy).finally(() => copy.tags[0] === 'tag-004' && stopping.abort())
    await replicationBackfillsTask({ ...emulator.parts, replicate: interrupted }).run(stopping.signal)
    expect((await describeResults(emulator, id)).progress).toMatchObject({ completedReplicationCount: 5 })
    const copied: string[] = []
    const watched: Replicate = (copy) => {
      copied.push(...copy.tags)
      return replicate(copy)
    }
    expect(await finish(emulator, id, watched)).toMatchObject({ progress: { completedReplicationCount: 10 } })
    expect(copied).toEqual(['tag-005', 'tag-006', 'tag-007', 'tag-008', 'tag-009'])
  })

  it('It is returned for 90 days after its end, and then removed with its results', async () => {
    await using emulator = await startStocked((each) => pushTags(each, 3))
    const { deps, ecr } = emulator
    const id = await start(emulator)
    await finish(emulator, id)
    const task = replicationBackfillsTask(emulator.parts)
    await deps.clock.advance(90 * DAY_SECONDS - 1)
    await task.run(uninterrupted)
    expect(await describeResults(emulator, id)).toMatchObject({ status: 'COMPLETE' })
    expect((await ecr.send(new ListReplicationBackfillsCommand({}))).backfills).toHaveLength(1)

    await deps.clock.advance(1)
    await expect(describeResults(emulator, id)).rejects.toMatchObject({ name: 'ReplicationBackfillNotFoundException' })
    expect((await ecr.send(new ListReplicationBackfillsCommand({}))).backfills).toEqual([])
    await task.run(uninterrupted)
    const { replicationBackfills, backfillReplications, backfillWork } = deps.store
    for (const collection of [replicationBackfills, backfillReplications, backfillWork])
      expect((await collection.list(here, { limit: 10 })).items).toEqual([])
  })
})
