import { InitiateLayerUploadCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'

const initiate = (repositoryName: string) => new InitiateLayerUploadCommand({ repositoryName })

describe('InitiateLayerUpload', () => {
  it('answers an upload id of its own each time, and the size of a part', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)

    const first = await emulator.ecr.send(initiate('team/app'))
    const second = await emulator.ecr.send(initiate('team/app'))

    expect(first.uploadId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(second.uploadId).not.toBe(first.uploadId)
    expect(first.partSize).toBe(10_485_760)
  })

  it('refuses a repository that is not there', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(initiate('team/app'))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('refuses a name the model does not allow', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(initiate('Team'))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})
