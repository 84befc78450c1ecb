import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  InitiateLayerUploadCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository, pushLayer, sha256 } from '../../support/push.js'

const repositoryName = 'team/app'
const FIVE_MIB = 5 * 1024 * 1024

async function upload(...parts: Buffer[]) {
  const emulator = await startEmulator()
  const { ecr } = emulator
  await createRepository(ecr)
  const begin = async (...contents: Buffer[]) => {
    const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }))
    let partFirstByte = 0
    for (const layerPartBlob of contents) {
      const partLastByte = partFirstByte + layerPartBlob.length - 1
      const part = { repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob }
      await ecr.send(new UploadLayerPartCommand(part))
      partFirstByte = partLastByte + 1
    }
    return uploadId
  }
  const complete = (uploadId: string | undefined, ...layerDigests: string[]) =>
    ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests }))
  const uploadId = await begin(...parts)
  return {
    ecr,
    deps: emulator.deps,
    uploadId,
    begin,
    complete,
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  }
}

describe('CompleteLayerUpload', () => {
  it('CompleteLayerUpload joins the parts into one layer of the repository', async () => {
    const [head, tail] = [Buffer.alloc(FIVE_MIB, 'a'), Buffer.from('the end')]
    await using session = await upload(head, tail)
    const layerDigest = sha256(Buffer.concat([head, tail]))

    const { $metadata, ...answer } = await session.complete(session.uploadId, layerDigest)

    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({ registryId: account, repositoryName, uploadId: session.uploadId, layerDigest })
    const check = new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layerDigest] })
    const { layers } = await session.ecr.send(check)
    expect(layers).toEqual([{ layerDigest, layerAvailability: 'AVAILABLE', layerSize: FIVE_MIB + 7 }])
    const kept = await session.deps.blobs.read(layerDigest)
    expect(kept?.equals(Buffer.concat([head, tail]))).toBe(true)
  })

  it('CompleteLayerUpload refuses bytes that do not match the digest, stores nothing and ends the upload', async () => {
    await using session = await upload(Buffer.from('not what it says'))
    const digest = sha256('what it says')

    await expect(session.complete(session.uploadId, digest)).rejects.toMatchObject({
      name: 'InvalidLayerException',
      message: 'None of the provided layer digests match the calculated layer digest',
    })
    expect(await session.deps.blobs.size(digest)).toBeUndefined()
    await expect(session.complete(session.uploadId, digest)).rejects.toMatchObject({ name: 'UploadNotFoundException' })
  })

  it.each(['sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e'])('CompleteLayerUpload refuses %s', async (digest) => {
    await using session = await upload(Buffer.from('bytes'))
    await expect(session.complete(session.uploadId, digest)).rejects.toMatchObject({ name: 'InvalidLayerException' })
  })

  it('CompleteLayerUpload refuses an upload without parts', async () => {
    await using session = await upload()
    await expect(session.complete(session.uploadId, sha256(''))).rejects.toMatchObject({
      name: 'EmptyUploadException',
      message: `The upload with id '${session.uploadId}' in the repository with name 'team/app' in registry with id '${account}' cannot be completed because it does not have any parts`,
    })
  })

  it('CompleteLayerUpload refuses an upload with a part under 5 MiB before the last part', async () => {
    const [head, tail] = [Buffer.alloc(FIVE_MIB - 1, 'a'), Buffer.from('the end')]
    await using session = await upload(head, tail)
    await expect(session.complete(session.uploadId, sha256(Buffer.concat([head, tail])))).rejects.toMatchObject({
      name: 'LayerPartTooSmallException',
      message: 'All layer parts except the last part should be at least 5MB',
    })
  })

  it('CompleteLayerUpload refuses a layer that the repository already has and ends the upload', async () => {
    await using session = await upload()
    const { digest } = await pushLayer(session.ecr, repositoryName, 'a layer')
    const again = await session.begin(Buffer.from('a layer'))

    await expect(session.complete(again, digest)).rejects.toMatchObject({
      name: 'LayerAlreadyExistsException',
      message: 'The image layer already exists in the associated repository.',
    })
    await expect(session.complete(again, digest)).rejects.toMatchObject({ name: 'UploadNotFoundException' })
  })

  it('CompleteLayerUpload accepts a layer that another repository already has', async () => {
    await using session = await upload(Buffer.from('a layer'))
    await createRepository(session.ecr, 'team/other')
    const { digest } = await pushLayer(session.ecr, 'team/other', 'a layer')
    await expect(session.complete(session.uploadId, digest)).resolves.toMatchObject({ layerDigest: digest })
  })

  it('CompleteLayerUpload completes an upload only once', async () => {
    await using session = await upload(Buffer.from('a layer'))
    await session.complete(session.uploadId, sha256('a layer'))
    await expect(session.complete(session.uploadId, sha256('a layer'))).rejects.toMatchObject({
      name: 'UploadNotFoundException',
      message: `The upload with id '${session.uploadId}' in the repository with name 'team/app' in registry with id '${account}' does not exist`,
    })
  })

  it('CompleteLayerUpload refuses a repository that does not exist', async () => {
    await using session = await upload()
    const input = { repositoryName: 'team/gone', uploadId: session.uploadId, layerDigests: [sha256('')] }
    await expect(session.ecr.send(new CompleteLayerUploadCommand(input))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
    })
  })

  it('CompleteLayerUpload refuses a call without a digest', async () => {
    await using session = await upload(Buffer.from('a layer'))
    await expect(session.complete(session.uploadId)).rejects.toMatchObject({
      message:
        "Invalid parameter at 'layerDigests' failed to satisfy constraint: 'Member must have length greater than or equal to 1'",
    })
  })
})
