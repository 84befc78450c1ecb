import { DeleteRegistryPolicyCommand, PutRegistryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'

describe('DeleteRegistryPolicy', () => {
  it('DeleteRegistryPolicy returns the policy that it removes, and then finds none', async () => {
    await using emulator = await startEmulator()
    const policyText =
      '{ "Statement": { "Effect": "Allow", "Principal": "*", "Action": "ecr:CreateRepository", "Resource": "*" } }'
    await emulator.ecr.send(new PutRegistryPolicyCommand({ policyText }))

    const { registryId, policyText: removed } = await emulator.ecr.send(new DeleteRegistryPolicyCommand({}))
    expect({ registryId, removed }).toEqual({ registryId: account, removed: policyText })
    await expect(emulator.ecr.send(new DeleteRegistryPolicyCommand({}))).rejects.toMatchObject({
      name: 'RegistryPolicyNotFoundException',
      message: `Registry policy does not exist in the registry with id '${account}'`,
    })
  })
})
