import {
  DescribeReplicationBackfillResultsCommand,
  type DescribeReplicationBackfillResultsRequest,
  paginateDescribeReplicationBackfillResults,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { replicationBackfillsTask } from '../../../src/background/replication/replication-backfills.js'
import { startBackfill } from '../../../src/registry/replication/backfill-records.js'
import { account, now, region } from '../../support/emulator.js'
import { createRepository, pushImage } from '../../support/push.js'
import { configureReplication, startReplicating, uninterrupted } from '../../support/replication.js'

const here = { account, region }
const destination = { region: 'eu-west-1', registryId: account }
const COUNT = 105
const tagOf = (number: number) => `tag-${String(number).padStart(3, '0')}`

/** A finished backfill of one image with many tags, of which every third could not be copied. */
async function startFinished() {
  const emulator = await startReplicating()
  await createRepository(emulator.ecr)
  await pushImage(emulator.ecr, 'team/app', { imageTag: tagOf(0) })
  const { store, ids } = emulator.deps
  const [image] = (await store.images.list(here, { limit: 1 })).items
  const tags = Array.from({ length: COUNT }, (_, number) => tagOf(number))
  if (image) await store.images.put(here, `team/app ${image.digest}`, { ...image, tags })
  await configureReplication(emulator.ecr, [destination])
  const { id } = await startBackfill(store, here, { id: ids.uuid(), destination, now })
  const replicate: typeof emulator.parts.replicate = (copy) =>
    Number(copy.tags[0]?.slice(-3)) % 3 === 0
      ? Promise.resolve({ status: 'FAILED', failureCode: 'AccessDenied' })
      : emulator.parts.replicate(copy)
  for (let runs = 0; runs < 10; runs++)
    await replicationBackfillsTask({ ...emulator.parts, replicate }).run(uninterrupted)
  const describeResults = (rest: Partial<DescribeReplicationBackfillResultsRequest> = {}) =>
    emulator.ecr.send(new DescribeReplicationBackfillResultsCommand({ replicationBackfillId: id, ...rest }))
  return { ...emulator, id, describeResults }
}

describe('DescribeReplicationBackfillResults', () => {
  it('A page has 100 results, or as many as the call says up to 1000', async () => {
    await using emulator = await startFinished()
    const first = await emulator.describeResults()
    expect(first.results).toHaveLength(100)
    const rest = await emulator.describeResults({ nextToken: first.nextToken })
    expect([rest.results?.length, rest.nextToken]).toEqual([5, undefined])

    const pages: (number | undefined)[] = []
    const paging = { client: emulator.ecr, pageSize: 40 }
    for await (const { results } of paginateDescribeReplicationBackfillResults(paging, {
      replicationBackfillId: emulator.id,
    }))
      pages.push(results?.length)
    expect(pages).toEqual([40, 40, 25])
    for (const [maxResults, limit] of [
      [1001, 'less than or equal to 1000'],
      [0, 'greater than or equal to 1'],
    ] as const)
      await expect(emulator.describeResults({ maxResults })).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: `Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value ${limit}'`,
      })
  })

  it('The results of one status can be selected, page by page', async () => {
    await using emulator = await startFinished()
    const failed = await emulator.describeResults({ resultStatusFilter: 'FAILED' })
    const tags = Array.from({ length: COUNT / 3 }, (_, index) => tagOf(3 * index))
    expect(failed.results?.map(({ imageId }) => imageId?.imageTag)).toEqual(tags)
    expect(failed.results?.[0]).toMatchObject({
      repositoryName: 'team/app',
      status: 'FAILED',
      failureCode: 'AccessDenied',
    })
    const collected: (string | undefined)[] = []
    const paging = { client: emulator.ecr, pageSize: 30 }
    for await (const { results = [] } of paginateDescribeReplicationBackfillResults(paging, {
      replicationBackfillId: emulator.id,
      resultStatusFilter: 'COMPLETE',
    })) {
      expect(results.length).toBeLessThanOrEqual(30)
      collected.push(...results.map(({ imageId }) => imageId?.imageTag))
    }
    expect(collected).toHaveLength((COUNT / 3) * 2)
    expect(new Set([...collected, ...tags]).size).toBe(COUNT)
  })

  it('A status that results do not have is refused', async () => {
    await using emulator = await startFinished()
    await expect(emulator.describeResults({ resultStatusFilter: 'IN_PROGRESS' as 'COMPLETE' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'resultStatusFilter' failed to satisfy constraint: 'Member must satisfy enum value set: [COMPLETE, FAILED]'",
    })
  })

  it('A backfill that was never started, or belongs to another Region, is not found', async () => {
    await using emulator = await startFinished()
    const notFound = {
      name: 'ReplicationBackfillNotFoundException',
      message:
        'The specified replication backfill could not be found. Check the specified replication backfill ID and ensure that you are operating on the correct registry.',
    }
    await expect(
      emulator.describeResults({ replicationBackfillId: '00000000-0000-4000-8000-999999999999' }),
    ).rejects.toMatchObject(notFound)
    const describeThere = new DescribeReplicationBackfillResultsCommand({ replicationBackfillId: emulator.id })
    await expect(emulator.there.send(describeThere)).rejects.toMatchObject(notFound)
  })
})
