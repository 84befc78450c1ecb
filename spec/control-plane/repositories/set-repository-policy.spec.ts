import { GetRepositoryPolicyCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { defaultAccounts } from '../../support/access.js'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'

const repositoryName = 'team/app'
const set = (policyText: string, rest: { force?: boolean; registryId?: string } = {}) =>
  new SetRepositoryPolicyCommand({ repositoryName, policyText, ...rest })
const statement = (Effect: string, Action: string, AWS: string) => ({ Effect, Principal: { AWS }, Action })
const policyOf = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const invalid = {
  name: 'InvalidParameterException',
  message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
}

describe('SetRepositoryPolicy', () => {
  it('SetRepositoryPolicy stores the policy as it was given, including its white space', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const policyText =
      '{ "Version": "2008-10-17", "Statement": [ { "Sid": "a pull", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"] } ] }'

    const { registryId, repositoryName: name, policyText: answered } = await emulator.ecr.send(set(policyText))

    expect({ registryId, name, answered }).toEqual({ registryId: account, name: repositoryName, answered: policyText })
    const stored = await emulator.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
    expect(stored.policyText).toBe(policyText)
  })

  it('SetRepositoryPolicy replaces the existing policy', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const policy = (Effect: string) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect, Principal: { AWS: account }, Action: 'ecr:PutImage' },
      })

    await emulator.ecr.send(set(policy('Allow')))
    await emulator.ecr.send(set(policy('Deny')))

    const stored = await emulator.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
    expect(stored.policyText).toBe(policy('Deny'))
  })

  it.each(['', 'no JSON', '[]', '{"Version":"2012-10-17"}', '{"Effect":"Allow","Principal":"*","Action":"ecr:*"}'])(
    'SetRepositoryPolicy refuses a text that is not a policy: %j',
    async (policyText) => {
      await using emulator = await startEmulator()
      await createRepository(emulator.ecr)
      await expect(emulator.ecr.send(set(policyText))).rejects.toMatchObject(invalid)
    },
  )

  it('SetRepositoryPolicy refuses a principal that does not exist, even with force', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const policyText = policyOf(statement('Allow', 'ecr:BatchGetImage', `arn:aws:iam::${account}:user/gone`))
    await expect(emulator.ecr.send(set(policyText))).rejects.toMatchObject(invalid)
    await expect(emulator.ecr.send(set(policyText, { force: true }))).rejects.toMatchObject(invalid)
  })

  it.each([
    ['an action of another service', { Action: 's3:GetObject' }],
    ['a resource of another service', { Resource: 'arn:aws:s3:::bucket' }],
    ['NotPrincipal and the effect Allow', { Principal: undefined, NotPrincipal: { AWS: account } }],
    ['an invalid date', { Condition: { DateLessThan: { 'aws:CurrentTime': 'yesterday' } } }],
  ])('SetRepositoryPolicy refuses a statement with %s', async (_, change) => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const policyText = policyOf({ ...statement('Allow', 'ecr:BatchGetImage', account), ...change })
    await expect(emulator.ecr.send(set(policyText))).rejects.toMatchObject(invalid)
  })

  it('SetRepositoryPolicy refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    const policyText = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}'
    await expect(emulator.ecr.send(set(policyText))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  describe('policy that locks its author out', () => {
    const lockOut = policyOf(statement('Deny', 'ecr:SetRepositoryPolicy', '*'))

    it('SetRepositoryPolicy refuses a policy that locks its author out and changes nothing', async () => {
      await using emulator = await startEmulator()
      await createRepository(emulator.ecr)
      await expect(emulator.ecr.send(set(lockOut))).rejects.toMatchObject(invalid)
      await expect(emulator.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))).rejects.toMatchObject({
        name: 'RepositoryPolicyNotFoundException',
      })
    })

    it('The refusal of a policy that locks its author out is recorded for explanations', async () => {
      await using emulator = await startEmulator()
      await createRepository(emulator.ecr)
      const refused: unknown = await emulator.ecr.send(set(lockOut)).catch((error: unknown) => error)
      const { requestId = '' } = (refused as { $metadata: { requestId?: string } }).$metadata
      const decisions = emulator.deps.decisions.find(requestId)?.decisions
      expect(decisions).toMatchObject([{ decision: { allowed: true } }, { decision: { allowed: false } }])
      expect(decisions?.[1]?.policies.resource).toMatchObject([{ name: 'repository policy that was to be set' }])
    })

    it('SetRepositoryPolicy with force sets a policy that locks its author out', async () => {
      await using emulator = await startEmulator()
      await createRepository(emulator.ecr)
      await emulator.ecr.send(set(lockOut, { force: true }))
      await expect(emulator.ecr.send(set(lockOut, { force: true }))).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: `User: arn:aws:iam::${account}:user/developer is not authorized to perform: ecr:SetRepositoryPolicy on resource: arn:aws:ecr:us-east-1:${account}:repository/team/app with an explicit deny in a resource-based policy`,
      })
    })

    it('SetRepositoryPolicy refuses a policy that locks out its author from another account', async () => {
      const theirs = '444455556666'
      const arn = `arn:aws:iam::${theirs}:user/guest`
      const policies = ['AmazonEC2ContainerRegistryFullAccess']
      const guest = { accessKeys: { AKIDGUEST: 'secret' }, policies }
      await using emulator = await startEmulator({ accounts: { ...defaultAccounts, [theirs]: { users: { guest } } } })
      await createRepository(emulator.ecr)
      const granting = policyOf(statement('Allow', 'ecr:SetRepositoryPolicy', arn))
      const silent = policyOf(statement('Allow', 'ecr:BatchGetImage', arn))
      await emulator.ecr.send(set(granting))

      const asGuest = emulator.as('AKIDGUEST')
      await expect(asGuest.send(set(silent, { registryId: account }))).rejects.toMatchObject(invalid)
      await expect(asGuest.send(set(granting, { registryId: account }))).resolves.toBeDefined()
      await expect(asGuest.send(set(silent, { registryId: account, force: true }))).resolves.toBeDefined()
    })
  })

  it('SetRepositoryPolicy refuses a policy over 10,240 characters', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await expect(emulator.ecr.send(set(' '.repeat(10_241)))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'policyText' failed to satisfy constraint: 'Member must have length less than or equal to 10240'",
    })
  })
})
