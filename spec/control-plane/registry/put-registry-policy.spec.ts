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
    ['a document', JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, undefined, 4)],
    ['the user guide’s bare statement', JSON.stringify(statement, undefined, 2)],
  ])('keeps %s as it was given', async (_, policyText) => {
    await using emulator = await startEmulator()

    const answer = await emulator.ecr.send(put(policyText))

    expect(answer).toMatchObject({ registryId: account, policyText })
    expect(await emulator.ecr.send(new GetRegistryPolicyCommand({}))).toMatchObject({ policyText })
  })

  it('takes an action that ECR does not have, as IAM does, and says so in the log', async () => {
    const warn = vi.fn()
    await using emulator = await start({ accounts, log: { ...silent, warn } })
    await emulator.ecr.send(put(JSON.stringify({ ...statement, Action: 'ecr:CreateRepositories' })))
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ account, region: 'us-east-1' }),
      'Amazon ECR has no action ecr:CreateRepositories; the nearest is ecr:CreateRepository',
    )
  })

  it('replaces the policy that was there: a registry has one', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(put(JSON.stringify(statement)))
    const second = JSON.stringify({ ...statement, Effect: 'Deny' })
    await emulator.ecr.send(put(second))
    expect(await emulator.ecr.send(new GetRegistryPolicyCommand({}))).toMatchObject({ policyText: second })
  })

  it('keeps one policy for each Region', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(put(JSON.stringify(statement)))
    const elsewhere = emulator.clientWith({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }, 'eu-west-1')
    await expect(elsewhere.send(new GetRegistryPolicyCommand({}))).rejects.toMatchObject({
      name: 'RegistryPolicyNotFoundException',
    })
  })

  it.each(['', 'no JSON', '"text"', '{}', JSON.stringify({ ...statement, Resource: undefined })])(
    'refuses what is no policy: %j',
    async (policyText) => {
      await using emulator = await startEmulator()
      await expect(emulator.ecr.send(put(policyText))).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'",
      })
    },
  )

  it.each([
    ['a principal that is not there', { Principal: { AWS: `arn:aws:iam::${account}:user/gone` } }],
    ['a repository of another account', { Resource: 'arn:aws:ecr:us-east-1:999988887777:repository/*' }],
    ['a repository of another Region', { Resource: `arn:aws:ecr:eu-west-1:${account}:repository/*` }],
    ['an action of another service', { Action: 's3:GetObject' }],
    ['NotPrincipal that allows', { Principal: undefined, NotPrincipal: { AWS: account } }],
    ['an empty list of actions', { Action: [] }],
    ['an address that is none', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/99' } } }],
  ])('refuses a statement with %s', async (_, change) => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(put(JSON.stringify({ ...statement, ...change })))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'",
    })
  })

  it('refuses a text that says two things at once', async () => {
    await using emulator = await startEmulator()
    const policyText = JSON.stringify(statement).replace('"Effect"', '"Effect":"Deny","Effect"')
    await expect(emulator.ecr.send(put(policyText))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'",
    })
  })

  it('takes any principal where identities are made up', async () => {
    await using emulator = await start({ settings: { ...settings, principalsAreChecked: false } })
    const policyText = JSON.stringify({ ...statement, Principal: { AWS: `arn:aws:iam::${account}:user/gone` } })
    await expect(emulator.ecr.send(put(policyText))).resolves.toMatchObject({ policyText })
  })

  it('needs a text, of 10,240 characters at most', async () => {
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
