import { GetRegistryPolicyCommand, PutRegistryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'

describe('GetRegistryPolicy', () => {
  it('GetRegistryPolicy returns the policy as it was put', async () => {
    await using emulator = await startEmulator()
    const policyText =
      '{ "Statement": { "Effect": "Allow", "Principal": "*", "Action": "ecr:CreateRepository", "Resource": "*" } }'
    await emulator.ecr.send(new PutRegistryPolicyCommand({ policyText }))

    const { registryId, policyText: stored } = await emulator.ecr.send(new GetRegistryPolicyCommand({}))
    expect({ registryId, stored }).toEqual({ registryId: account, stored: policyText })
  })

  it('GetRegistryPolicy reports that there is no policy', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(new GetRegistryPolicyCommand({}))).rejects.toMatchObject({
      name: 'RegistryPolicyNotFoundException',
      message: `Registry policy does not exist in the registry with id '${account}'`,
    })
  })
})
