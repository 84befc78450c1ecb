import { StartReplicationBackfillCommand, StopReplicationBackfillCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, now, startEmulator } from '../../support/emulator.js'
import { configureReplication } from '../../support/replication.js'

const destination = { region: 'eu-west-1', registryId: account }
const stop = (replicationBackfillId: string) => new StopReplicationBackfillCommand({ replicationBackfillId })
const notFound = {
  name: 'ReplicationBackfillNotFoundException',
  message:
    'The specified replication backfill could not be found. Check the specified replication backfill ID and ensure that you are operating on the correct registry.',
}

async function startBackfill() {
  const emulator = await startEmulator()
  await configureReplication(emulator.ecr, [destination])
  const start = () => emulator.ecr.send(new StartReplicationBackfillCommand({ destination }))
  const { replicationBackfillId = '' } = await start()
  return { ...emulator, start, id: replicationBackfillId }
}

describe('StopReplicationBackfill', () => {
  it('A backfill that is PREPARING is STOPPED, and another one to its Region can be started', async () => {
    await using emulator = await startBackfill()
    const { $metadata, ...answer } = await emulator.ecr.send(stop(emulator.id))
    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({
      registryId: account,
      replicationBackfillId: emulator.id,
      destination,
      status: 'STOPPED',
      startedAt: now,
    })
    expect((await emulator.start()).replicationBackfillId).not.toBe(emulator.id)
  })

  it('A backfill that was stopped cannot be stopped again', async () => {
    await using emulator = await startBackfill()
    await emulator.ecr.send(stop(emulator.id))
    await expect(emulator.ecr.send(stop(emulator.id))).rejects.toMatchObject({
      name: 'ReplicationBackfillInvalidStatusException',
      message:
        "The requested operation can't be performed on the replication backfill because it is not in a valid status for that operation. For example, you can't stop a replication backfill that has already reached a terminal status. Use the DescribeReplicationBackfillResults operation to check the current status before retrying.",
    })
  })

  it.each(['00000000-0000-4000-8000-999999999999', 'not-an-id', 'x'.repeat(5000), ''])(
    'A backfill with the id %.40s is not found',
    async (id) => {
      await using emulator = await startBackfill()
      await expect(emulator.ecr.send(stop(id))).rejects.toMatchObject(notFound)
    },
  )

  it('A backfill of another Region is not found', async () => {
    await using emulator = await startBackfill()
    await expect(emulator.as('AKIDEXAMPLE', 'eu-west-1').send(stop(emulator.id))).rejects.toMatchObject(notFound)
  })
})
