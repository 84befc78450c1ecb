import { DescribeRegistryCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'

describe('DescribeRegistry', () => {
  it('DescribeRegistry returns the registry of the caller without replication rules', async () => {
    await using emulator = await startEmulator()
    const { registryId, replicationConfiguration } = await emulator.ecr.send(new DescribeRegistryCommand({}))
    expect({ registryId, replicationConfiguration }).toEqual({
      registryId: account,
      replicationConfiguration: { rules: [] },
    })
  })
})
