import { InitiateLayerUploadCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'

const initiate = (repositoryName: string) => new InitiateLayerUploadCommand({ repositoryName })

describe('InitiateLayerUpload', () => {
  it('InitiateLayerUpload returns a new upload id each time, and the part size', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)

    const first = await emulator.ecr.send(initiate('team/app'))
    const second = await emulator.ecr.send(initiate('team/app'))

    expect(first.uploadId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(second.uploadId).not.toBe(first.uploadId)
    expect(first.partSize).toBe(10_485_760)
  })

  it('InitiateLayerUpload refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(initiate('team/app'))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('InitiateLayerUpload refuses a repository name that the model does not allow', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(initiate('Team'))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})
