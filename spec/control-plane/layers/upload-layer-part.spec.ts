import { InitiateLayerUploadCommand, UploadLayerPartCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { defaultQuotas } from '../../../src/registry/quotas.js'
import { account, type EmulatorOptions, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'

const repositoryName = 'team/app'
const unknownId = '11111111-2222-3333-4444-555555555555'

async function upload(options: EmulatorOptions = {}) {
  const emulator = await startEmulator(options)
  const { ecr } = emulator
  await createRepository(ecr)
  const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }))
  const part = (partFirstByte: number, text: string, rest: Partial<UploadLayerPartCommand['input']> = {}) => {
    const layerPartBlob = Buffer.from(text)
    const partLastByte = partFirstByte + layerPartBlob.length - 1
    const input = { repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob, ...rest }
    return ecr.send(new UploadLayerPartCommand(input))
  }
  return { ecr, uploadId, part, [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose]() }
}

describe('UploadLayerPart', () => {
  it('UploadLayerPart returns the last byte received after each part', async () => {
    await using session = await upload()
    const { $metadata, ...first } = await session.part(0, 'hello ')
    const second = await session.part(6, 'world')

    expect($metadata.httpStatusCode).toBe(200)
    expect(first).toEqual({
      registryId: account,
      repositoryName,
      uploadId: session.uploadId,
      lastByteReceived: 5,
    })
    expect(second.lastByteReceived).toBe(10)
  })

  it.each([
    ['leaves a gap', 7],
    ['overlaps', 5],
    ['starts again', 0],
  ])('UploadLayerPart refuses a part that %s and returns the last valid byte received', async (_, partFirstByte) => {
    await using session = await upload()
    await session.part(0, 'hello ')

    await expect(session.part(partFirstByte, 'world')).rejects.toMatchObject({
      name: 'InvalidLayerPartException',
      message: `First byte of the layer part is ${partFirstByte} instead of 6`,
      registryId: account,
      repositoryName,
      uploadId: session.uploadId,
      lastValidByteReceived: 5,
    })
    await expect(session.part(6, 'world')).resolves.toMatchObject({ lastByteReceived: 10 })
  })

  it('UploadLayerPart refuses a part whose length differs from its byte range', async () => {
    await using session = await upload()
    await expect(session.part(0, 'hello', { partLastByte: 5 })).rejects.toMatchObject({
      name: 'InvalidLayerPartException',
      lastValidByteReceived: -1,
    })
  })

  it('UploadLayerPart refuses a part over the size quota and a part over the quota of parts', async () => {
    const quotas = { ...defaultQuotas, maximumLayerPartMiB: 1, layerParts: 2 }
    await using session = await upload({ quotas })
    await expect(session.part(0, 'x'.repeat(1024 * 1024 + 1))).rejects.toMatchObject({
      name: 'InvalidLayerPartException',
      message:
        'The layer part size is not valid, or the first byte specified is not consecutive to the last byte of a previous layer part upload.',
      lastValidByteReceived: -1,
    })
    await session.part(0, 'x'.repeat(1024 * 1024))
    await session.part(1024 * 1024, 'y')
    await expect(session.part(1024 * 1024 + 1, 'z')).rejects.toMatchObject({ name: 'LimitExceededException' })
  })

  it('UploadLayerPart accepts concurrent parts in order or refuses them, and never mixes their bytes', async () => {
    await using session = await upload()
    const parts = [session.part(0, 'aaaa'), session.part(4, 'bbbb'), session.part(0, 'cccc')]
    const outcomes = await Promise.allSettled(parts)
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(1)
    const last = await session.part(100, '').catch((error: unknown) => error)
    const accepted = outcomes.filter(({ status }) => status === 'fulfilled').length
    expect(last).toMatchObject({ lastValidByteReceived: accepted * 4 - 1 })
  })

  it('UploadLayerPart refuses an upload that was never initiated or belongs to another repository', async () => {
    await using session = await upload()
    const refused = (id: string | undefined, name: string) => ({
      name: 'UploadNotFoundException',
      message: `The upload with id '${id}' in the repository with name '${name}' in registry with id '${account}' does not exist`,
    })
    await expect(session.part(0, 'a', { uploadId: unknownId })).rejects.toMatchObject(
      refused(unknownId, repositoryName),
    )

    await createRepository(session.ecr, 'team/other')
    await expect(session.part(0, 'a', { repositoryName: 'team/other' })).rejects.toMatchObject(
      refused(session.uploadId, 'team/other'),
    )
  })

  it('UploadLayerPart refuses a repository that does not exist', async () => {
    await using session = await upload()
    await expect(session.part(0, 'a', { repositoryName: 'team/gone' })).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/gone' does not exist in the registry with id '${account}'`,
    })
  })

  it('UploadLayerPart refuses an upload id and a first byte that the model does not allow', async () => {
    await using session = await upload()
    await expect(session.part(0, 'a', { uploadId: 'no uuid' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    await expect(session.part(-1, 'a')).rejects.toMatchObject({
      message:
        "Invalid parameter at 'partFirstByte' failed to satisfy constraint: 'Member must have value greater than or equal to 0'",
    })
  })
})
