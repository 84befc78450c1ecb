import {
  BatchGetImageCommand,
  DeregisterPullTimeUpdateExclusionCommand,
  DescribeImagesCommand,
  type ECRClient,
  ListPullTimeUpdateExclusionsCommand,
  RegisterPullTimeUpdateExclusionCommand,
} from '@aws-sdk/client-ecr'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { describe, expect, it, vi } from 'vitest'
import { allowing } from '../../support/registry.js'
import { account, now, region, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage } from '../../support/push.js'
import { defaultQuotas } from '../../../src/registry/quotas.js'

const repositoryName = 'app'
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`
const developer = `arn:aws:iam::${account}:user/developer`

const register = (principalArn: string) => new RegisterPullTimeUpdateExclusionCommand({ principalArn })
const deregister = (principalArn: string) => new DeregisterPullTimeUpdateExclusionCommand({ principalArn })
const list = (input: { maxResults?: number; nextToken?: string } = {}) => new ListPullTimeUpdateExclusionsCommand(input)

const Principal = { AWS: account }
const trustPolicy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }] }
const users = { developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies: [allowing(['ecr:*', 'sts:*'])] } }
const roles = { scanner: { path: '/scan/', trustPolicy, policies: [allowing('ecr:*')] } }

/** An emulator with an image, and a role `scanner` under a path. */
async function withImage() {
  const emulator = await startEmulator({ accounts: { [account]: { users, roles } } })
  const { ecr, endpoint, clientWith } = emulator
  await createRepository(ecr, repositoryName)
  const { digest } = await pushImage(ecr, repositoryName)
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  const sts = new STSClient({ endpoint, region, credentials, maxAttempts: 1 })
  return {
    ...emulator,
    scanner: async () => {
      const session = { RoleArn: roleArn('scan/scanner'), RoleSessionName: 'nightly' }
      const { Credentials } = await sts.send(new AssumeRoleCommand(session))
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
      return clientWith({ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken })
    },
    pull: (client: ECRClient) =>
      client.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageDigest: digest }] })),
    lastPull: async () =>
      (await ecr.send(new DescribeImagesCommand({ repositoryName }))).imageDetails?.[0]?.lastRecordedPullTime,
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  }
}

describe('pull-time update exclusions', () => {
  it('A pull by a session of an excluded role is not recorded, and one by another principal is', async () => {
    await using given = await withImage()
    const read = vi.spyOn(given.deps.store.pullTimeExclusions, 'get')
    await given.ecr.send(register(roleArn('scan/scanner')))
    await given.pull(await given.scanner())
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(1))
    expect(await given.lastPull()).toBeUndefined()

    await given.pull(given.ecr)
    await vi.waitFor(async () => expect(await given.lastPull()).toEqual(now))
  })

  it('A pull by an excluded user is not recorded until the user is deregistered', async () => {
    await using given = await withImage()
    const read = vi.spyOn(given.deps.store.pullTimeExclusions, 'get')
    await given.ecr.send(register(developer))
    read.mockClear()
    await given.pull(given.ecr)
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(1))
    expect(await given.lastPull()).toBeUndefined()

    expect(await given.ecr.send(deregister(developer))).toMatchObject({ principalArn: developer })
    await given.pull(given.ecr)
    await vi.waitFor(async () => expect(await given.lastPull()).toEqual(now))
  })

  it('Exclusions are read for a pull that would be recorded: once a minute for an image that is pulled often', async () => {
    await using given = await withImage()
    const read = vi.spyOn(given.deps.store.pullTimeExclusions, 'get')
    await given.pull(given.ecr)
    await vi.waitFor(async () => expect(await given.lastPull()).toEqual(now))
    for (let count = 0; count < 10; count++) await given.pull(given.ecr)
    expect(read).toHaveBeenCalledTimes(1)
  })

  it('RegisterPullTimeUpdateExclusion returns the ARN and the time, and refuses an ARN that is registered', async () => {
    await using emulator = await startEmulator()
    const arn = roleArn('team/ci')
    expect(await emulator.ecr.send(register(arn))).toMatchObject({ principalArn: arn, createdAt: now })

    await expect(emulator.ecr.send(register(arn))).rejects.toMatchObject({
      name: 'ExclusionAlreadyExistsException',
      message: 'The specified pull time update exclusion already exists for the registry.',
    })
  })

  it.each([
    `arn:aws:iam::${account}:root`,
    `arn:aws:sts::${account}:assumed-role/ci/session`,
    `arn:aws:iam::${account}:group/all`,
    'ci',
  ])('RegisterPullTimeUpdateExclusion refuses %s, which is no ARN of a role or user', async (arn) => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(register(arn))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringMatching(
        /^Invalid parameter at 'principalArn' failed to satisfy constraint: 'Member must satisfy regular expression/,
      ),
    })
  })

  it('A registry has at most 100 exclusions, and another Region has its own', async () => {
    await using emulator = await startEmulator({ quotas: { ...defaultQuotas, pullTimeUpdateExclusions: 2 } })
    expect(defaultQuotas.pullTimeUpdateExclusions).toBe(100)
    for (const name of ['a', 'b']) await emulator.ecr.send(register(roleArn(name)))

    await expect(emulator.ecr.send(register(roleArn('c')))).rejects.toMatchObject({
      name: 'LimitExceededException',
      message:
        'The operation did not succeed because it would have exceeded a service limit for your account. For more information, see Amazon ECR service quotas in the Amazon Elastic Container Registry User Guide.',
    })
    await expect(emulator.ecr.send(register(roleArn('a')))).rejects.toMatchObject({
      name: 'ExclusionAlreadyExistsException',
    })
    await emulator.as('AKIDEXAMPLE', 'eu-west-1').send(register(roleArn('c')))
  })

  it('DeregisterPullTimeUpdateExclusion refuses an ARN that is not registered', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(deregister(roleArn('ci')))).rejects.toMatchObject({
      name: 'ExclusionNotFoundException',
      message: 'The specified pull time update exclusion was not found.',
    })
  })

  it('ListPullTimeUpdateExclusions returns the ARNs in pages, and an empty list without any', async () => {
    await using emulator = await startEmulator()
    expect(await emulator.ecr.send(list())).toMatchObject({ pullTimeUpdateExclusions: [] })
    for (const name of ['c', 'a', 'b']) await emulator.ecr.send(register(roleArn(name)))

    const first = await emulator.ecr.send(list({ maxResults: 2 }))
    expect(first.pullTimeUpdateExclusions).toEqual([roleArn('a'), roleArn('b')])
    const { nextToken = '' } = first
    const second = await emulator.ecr.send(list({ maxResults: 2, nextToken }))
    expect(second.pullTimeUpdateExclusions).toEqual([roleArn('c')])
    expect(second).not.toHaveProperty('nextToken')
    await expect(emulator.ecr.send(list({ maxResults: 1001 }))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'",
    })
  })

  it('A caller without permission is denied on the resource *', async () => {
    const users = { reader: { accessKeys: { AKIDREADER: 'secret' }, policies: [allowing('ecr:BatchGetImage')] } }
    await using emulator = await startEmulator({ accounts: { [account]: { users } } })
    await expect(emulator.as('AKIDREADER').send(register(roleArn('ci')))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/reader is not authorized to perform: ecr:RegisterPullTimeUpdateExclusion on resource: * because no identity-based policy allows the ecr:RegisterPullTimeUpdateExclusion action`,
    })
  })
})
