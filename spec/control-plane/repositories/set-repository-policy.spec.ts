import { GetRepositoryPolicyCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'

const repositoryName = 'team/app'
const set = (policyText: string) => new SetRepositoryPolicyCommand({ repositoryName, policyText })

describe('SetRepositoryPolicy', () => {
  it('keeps the policy as it was given, space for space', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const policyText =
      '{ "Version": "2008-10-17", "Statement": [ { "Sid": "a pull", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"] } ] }'

    const { registryId, repositoryName: name, policyText: answered } = await emulator.ecr.send(set(policyText))

    expect({ registryId, name, answered }).toEqual({ registryId: account, name: repositoryName, answered: policyText })
    const stored = await emulator.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
    expect(stored.policyText).toBe(policyText)
  })

  it('replaces the policy that was there', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const policy = (Effect: string) =>
      JSON.stringify({ Version: '2012-10-17', Statement: { Effect, Principal: { AWS: account }, Action: 'ecr:*' } })

    await emulator.ecr.send(set(policy('Allow')))
    await emulator.ecr.send(set(policy('Deny')))

    const stored = await emulator.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
    expect(stored.policyText).toBe(policy('Deny'))
  })

  it.each(['', 'no JSON', '[]', '{"Version":"2012-10-17"}', '{"Effect":"Allow","Principal":"*","Action":"ecr:*"}'])(
    'refuses what is no policy: %j',
    async (policyText) => {
      await using emulator = await startEmulator()
      await createRepository(emulator.ecr)
      await expect(emulator.ecr.send(set(policyText))).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
      })
    },
  )

  it('refuses a repository that is not there', async () => {
    await using emulator = await startEmulator()
    const policyText = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}'
    await expect(emulator.ecr.send(set(policyText))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('refuses a text over 10,240 characters', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await expect(emulator.ecr.send(set(' '.repeat(10_241)))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'policyText' failed to satisfy constraint: 'Member must have length less than or equal to 10240'",
    })
  })
})
