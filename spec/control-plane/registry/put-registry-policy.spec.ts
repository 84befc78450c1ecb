import { GetRegistryPolicyCommand, PutRegistryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it, vi } from 'vitest'
import { defaultAccounts } from '../../support/access.js'
import { account, settings, startEmulator as start } from '../../support/emulator.js'
import { silent } from '../../support/silent-log.js'

const put = (policyText: string | undefined) => new PutRegistryPolicyCommand({ policyText })

const accounts = { [account]: { users: { ...defaultAccounts[account]?.users, 'ecr-pull-through-cache-user': {} } } }
const startEmulator = () => start({ accounts })
const statement = {
  Sid: 'AllowPullThroughCache',
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${account}:user/ecr-pull-through-cache-user` },
  Action: ['ecr:CreateRepository', 'ecr:BatchImportUpstreamImage'],
  Resource: `arn:aws:ecr:us-east-1:${account}:repository/ecr-public/*`,
}

describe('PutRegistryPolicy', () => {
  it.each([
    ['a policy document', JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, undefined, 4)],
    ['the bare statement of the user guide', JSON.stringify(statement, undefined, 2)],
  ])('PutRegistryPolicy stores %s as it was given', async (_, policyText) => {
    await using emulator = await startEmulator()

    const answer = await emulator.ecr.send(put(policyText))

    expect(answer).toMatchObject({ registryId: account, policyText })
    expect(await emulator.ecr.send(new GetRegistryPolicyCommand({}))).toMatchObject({ policyText })
  })

  it('PutRegistryPolicy accepts an action that ECR does not have, as IAM does, and logs a warning', async () => {
    const warn = vi.fn()
    await using emulator = await start({ accounts, log: { ...silent, warn } })
    await emulator.ecr.send(put(JSON.stringify({ ...statement, Action: 'ecr:CreateRepositories' })))
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ account, region: 'us-east-1' }),
      'Amazon ECR has no action ecr:CreateRepositories; the nearest is ecr:CreateRepository',
    )
  })

  it('PutRegistryPolicy replaces the existing policy of the registry', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(put(JSON.stringify(statement)))
    const second = JSON.stringify({ ...statement, Effect: 'Deny' })
    await emulator.ecr.send(put(second))
    expect(await emulator.ecr.send(new GetRegistryPolicyCommand({}))).toMatchObject({ policyText: second })
  })

  it('PutRegistryPolicy stores one policy for each Region', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(put(JSON.stringify(statement)))
    const elsewhere = emulator.clientWith({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }, 'eu-west-1')
    await expect(elsewhere.send(new GetRegistryPolicyCommand({}))).rejects.toMatchObject({
      name: 'RegistryPolicyNotFoundException',
    })
  })

  it.each(['', 'no JSON', '"text"', '{}', JSON.stringify({ ...statement, Resource: undefined })])(
    'PutRegistryPolicy refuses a text that is not a policy: %j',
    async (policyText) => {
      await using emulator = await startEmulator()
      await expect(emulator.ecr.send(put(policyText))).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'",
      })
    },
  )

  it.each([
    ['a principal that does not exist', { Principal: { AWS: `arn:aws:iam::${account}:user/gone` } }],
    ['a repository of another account', { Resource: 'arn:aws:ecr:us-east-1:999988887777:repository/*' }],
    ['a repository of another Region', { Resource: `arn:aws:ecr:eu-west-1:${account}:repository/*` }],
    ['an action of another service', { Action: 's3:GetObject' }],
    ['NotPrincipal and the effect Allow', { Principal: undefined, NotPrincipal: { AWS: account } }],
    ['an empty list of actions', { Action: [] }],
    ['an invalid IP address range', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/99' } } }],
  ])('PutRegistryPolicy refuses a statement with %s', async (_, change) => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(put(JSON.stringify({ ...statement, ...change })))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'",
    })
  })

  it('PutRegistryPolicy refuses a policy with a duplicate key', async () => {
    await using emulator = await startEmulator()
    const policyText = JSON.stringify(statement).replace('"Effect"', '"Effect":"Deny","Effect"')
    await expect(emulator.ecr.send(put(policyText))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'",
    })
  })

  it('PutRegistryPolicy accepts any principal when principals are not checked', async () => {
    await using emulator = await start({ settings: { ...settings, principalsAreChecked: false } })
    const policyText = JSON.stringify({ ...statement, Principal: { AWS: `arn:aws:iam::${account}:user/gone` } })
    await expect(emulator.ecr.send(put(policyText))).resolves.toMatchObject({ policyText })
  })

  it('PutRegistryPolicy refuses a missing policy and a policy over 10,240 characters', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(put(undefined))).rejects.toMatchObject({
      message: "Invalid parameter at 'policyText' failed to satisfy constraint: 'Member must not be null'",
    })
    await expect(emulator.ecr.send(put(' '.repeat(10_241)))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'policyText' failed to satisfy constraint: 'Member must have length less than or equal to 10240'",
    })
  })
})
