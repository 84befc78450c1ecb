import {
  ListReplicationBackfillsCommand,
  paginateListReplicationBackfills,
  StartReplicationBackfillCommand,
  StopReplicationBackfillCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, now, startEmulator } from '../../support/emulator.js'
import { configureReplication } from '../../support/replication.js'

const destination = { region: 'eu-west-1', registryId: account }

/** A registry with as many backfills, each a second later than the one before, the last of which is active. */
async function startWith(count: number) {
  const emulator = await startEmulator()
  await configureReplication(emulator.ecr, [destination])
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const { replicationBackfillId = '' } = await emulator.ecr.send(new StartReplicationBackfillCommand({ destination }))
    ids.push(replicationBackfillId)
    if (index < count - 1) await emulator.ecr.send(new StopReplicationBackfillCommand({ replicationBackfillId }))
    await emulator.deps.clock.advance(1)
  }
  return { ...emulator, latestFirst: ids.reverse() }
}

const idsIn = (backfills: { replicationBackfillId?: string | undefined }[] = []) =>
  backfills.map(({ replicationBackfillId }) => replicationBackfillId)

describe('ListReplicationBackfills', () => {
  it('Without backfills the list is empty', async () => {
    await using emulator = await startEmulator()
    const { $metadata, ...answer } = await emulator.ecr.send(new ListReplicationBackfillsCommand({}))
    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({ registryId: account, backfills: [] })
  })

  it('Each backfill has its status and times, the latest first', async () => {
    await using emulator = await startWith(2)
    const [latest, first] = emulator.latestFirst
    const { backfills } = await emulator.ecr.send(new ListReplicationBackfillsCommand({}))
    expect(backfills).toEqual([
      { replicationBackfillId: latest, destination, status: 'PREPARING', startedAt: new Date(now.getTime() + 1000) },
      { replicationBackfillId: first, destination, status: 'STOPPED', startedAt: now, endedAt: now },
    ])
  })

  it('A page has 25 backfills, or as many as the call says up to 50', async () => {
    await using emulator = await startWith(27)
    const { ecr, latestFirst } = emulator
    const first = await ecr.send(new ListReplicationBackfillsCommand({}))
    expect(idsIn(first.backfills)).toEqual(latestFirst.slice(0, 25))
    const rest = await ecr.send(new ListReplicationBackfillsCommand({ nextToken: first.nextToken }))
    expect([idsIn(rest.backfills), rest.nextToken]).toEqual([latestFirst.slice(25), undefined])

    const pages: unknown[] = []
    for await (const { backfills } of paginateListReplicationBackfills({ client: ecr, pageSize: 10 }, {}))
      pages.push(idsIn(backfills))
    expect(pages).toEqual([latestFirst.slice(0, 10), latestFirst.slice(10, 20), latestFirst.slice(20)])

    await expect(ecr.send(new ListReplicationBackfillsCommand({ maxResults: 51 }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 50'",
    })
  })

  it('A token that the service did not give out is refused', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(new ListReplicationBackfillsCommand({ nextToken: 'mine' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'",
    })
  })
})
