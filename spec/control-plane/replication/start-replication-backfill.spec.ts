import { PutReplicationConfigurationCommand, StartReplicationBackfillCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, now, region, startEmulator } from '../../support/emulator.js'
import { configureReplication, otherAccount, twoAccounts } from '../../support/replication.js'

const to = (toRegion: string, registryId = account) => ({ region: toRegion, registryId })
const start = (destination: { region: string; registryId: string }, registryId?: string) =>
  new StartReplicationBackfillCommand({ destination, ...(registryId !== undefined && { registryId }) })
const elevenRegions = [
  ...['us-east-2', 'us-west-1', 'us-west-2', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1', 'eu-north-1'],
  ...['ap-south-1', 'sa-east-1', 'ca-central-1'],
]
const inProgress = {
  name: 'ReplicationBackfillInProgressException',
  message:
    'A replication backfill is already in progress for the specified destination Region. This occurs because only one replication backfill can be in progress for a given destination Region at a time. Wait for the in progress backfill to reach a terminal status, or stop it with the StopReplicationBackfill operation, before starting another one.',
}
const notConfigured = {
  name: 'InvalidParameterException',
  message:
    "Invalid parameter at 'destination' failed to satisfy constraint: 'Destination must be configured in the registry's replication configuration'",
}

describe('StartReplicationBackfill', () => {
  it('The answer has an id, which is a UUID, and the status PREPARING', async () => {
    await using emulator = await startEmulator()
    await configureReplication(emulator.ecr, [to('eu-west-1')])
    const { replicationBackfillId, $metadata, ...answer } = await emulator.ecr.send(start(to('eu-west-1')))
    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({ registryId: account, destination: to('eu-west-1'), status: 'PREPARING', startedAt: now })
    expect(replicationBackfillId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  })

  it('A destination that is not in the replication configuration is refused', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(start(to('eu-west-1')))).rejects.toMatchObject(notConfigured)
    await configureReplication(emulator.ecr, [to('eu-west-1')])
    await expect(emulator.ecr.send(start(to('eu-west-2')))).rejects.toMatchObject(notConfigured)
    await expect(emulator.ecr.send(start(to('eu-west-1', otherAccount)))).rejects.toMatchObject(notConfigured)
    const none = new PutReplicationConfigurationCommand({ replicationConfiguration: { rules: [] } })
    await emulator.ecr.send(none)
    await expect(emulator.ecr.send(start(to('eu-west-1')))).rejects.toMatchObject(notConfigured)
  })

  it('A second backfill to the same Region is refused, also to another account', async () => {
    await using emulator = await startEmulator()
    const destinations = [to('eu-west-1'), to('eu-west-1', otherAccount), to('eu-west-2')]
    await configureReplication(emulator.ecr, destinations)
    await emulator.ecr.send(start(to('eu-west-1')))
    await expect(emulator.ecr.send(start(to('eu-west-1')))).rejects.toMatchObject(inProgress)
    await expect(emulator.ecr.send(start(to('eu-west-1', otherAccount)))).rejects.toMatchObject(inProgress)
    expect(await emulator.ecr.send(start(to('eu-west-2')))).toMatchObject({ status: 'PREPARING' })
  })

  it('Of calls at the same time to one Region, one is accepted', async () => {
    await using emulator = await startEmulator()
    await configureReplication(emulator.ecr, [to('eu-west-1')])
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => emulator.ecr.send(start(to('eu-west-1')))))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('An eleventh backfill of a registry is refused, and another registry has its own ten', async () => {
    await using emulator = await startEmulator()
    await configureReplication(
      emulator.ecr,
      elevenRegions.map((each) => to(each)),
    )
    for (const each of elevenRegions.slice(0, 10)) await emulator.ecr.send(start(to(each)))
    await expect(emulator.ecr.send(start(to('ca-central-1')))).rejects.toMatchObject({
      name: 'LimitExceededException',
      message:
        'The operation did not succeed because it would have exceeded a service limit for your account. For more information, see Amazon ECR service quotas in the Amazon Elastic Container Registry User Guide.',
    })
    const there = emulator.as('AKIDEXAMPLE', 'ca-central-1')
    await configureReplication(there, [to(region)])
    expect(await there.send(start(to(region)))).toMatchObject({ status: 'PREPARING' })
  })

  it('A caller without the permission, or of another account, is refused', async () => {
    const users = { guest: { accessKeys: { AKIDGUEST: 'secret' }, policies: ['AmazonEC2ContainerRegistryReadOnly'] } }
    const accounts = { ...twoAccounts, [account]: { users } }
    await using emulator = await startEmulator({ accounts })
    const denied = { name: 'AccessDeniedException' }
    await expect(emulator.as('AKIDGUEST').send(start(to('eu-west-1')))).rejects.toMatchObject({
      ...denied,
      message: `User: arn:aws:iam::${account}:user/guest is not authorized to perform: ecr:StartReplicationBackfill on resource: * because no identity-based policy allows the ecr:StartReplicationBackfill action`,
    })
    await expect(emulator.as('AKIDOTHER').send(start(to('eu-west-1'), account))).rejects.toMatchObject(denied)
  })
})
