import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, region, startEmulator } from '../../support/emulator.js'
import { imageManifest, sha256 } from '../../support/push.js'
import { allowing } from '../../support/registry.js'
import { createTemplate } from '../../support/templates.js'

const registry = { account, region }
const repositoryName = 'prod/app'
const pushing = [
  ...['ecr:BatchCheckLayerAvailability', 'ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload'],
  'ecr:PutImage',
]
const all = { accessKeys: { AKIDEXAMPLE: 'secret' }, policies: [allowing('ecr:*')] }
const accounts = {
  [account]: {
    users: { developer: all, pusher: { accessKeys: { AKIDPUSHER: 'secret' }, policies: [allowing(pushing)] } },
  },
  '210987654321': { users: { guest: { accessKeys: { AKIDGUEST: 'secret' }, policies: [allowing(pushing)] } } },
}
const repositoryPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '210987654321' }, Action: pushing }],
})
const initiate = (registryId?: string) =>
  new InitiateLayerUploadCommand({ repositoryName, ...(registryId !== undefined && { registryId }) })
const notFound = {
  name: 'RepositoryNotFoundException',
  message: `The repository with name 'prod/app' does not exist in the registry with id '${account}'`,
}

describe('A push through the API to a repository that does not exist', () => {
  it('InitiateLayerUpload creates the repository by the template, and the push can be completed', async () => {
    await using emulator = await startEmulator({ accounts })
    await emulator.ecr.send(createTemplate({ appliedFor: ['CREATE_ON_PUSH'], imageTagMutability: 'IMMUTABLE' }))
    const ecr = emulator.as('AKIDPUSHER')
    const layer = Buffer.from('{}')
    const [digest, size] = [sha256(layer), layer.length]

    const { uploadId } = await ecr.send(initiate())
    expect(await emulator.deps.store.repositories.get(registry, repositoryName)).toMatchObject({
      imageTagMutability: 'IMMUTABLE',
    })
    const part = { partFirstByte: 0, partLastByte: size - 1, layerPartBlob: layer }
    await ecr.send(new UploadLayerPartCommand({ repositoryName, uploadId, ...part }))
    await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] }))
    const manifest = imageManifest({ digest, size }, [{ digest, size }])
    const { image } = await ecr.send(new PutImageCommand({ repositoryName, imageManifest: manifest, imageTag: 'v1' }))
    expect(image?.imageId).toEqual({ imageDigest: sha256(manifest), imageTag: 'v1' })
  })

  it('PutImage creates the repository, which then lacks the layers', async () => {
    await using emulator = await startEmulator({ accounts })
    await emulator.ecr.send(createTemplate({ appliedFor: ['CREATE_ON_PUSH'] }))
    const imageManifestText = imageManifest({ digest: sha256('{}'), size: 2 }, [{ digest: sha256('a'), size: 1 }])
    const put = new PutImageCommand({ repositoryName, imageManifest: imageManifestText })
    await expect(emulator.ecr.send(put)).rejects.toMatchObject({ name: 'LayersNotFoundException' })
    expect(await emulator.deps.store.repositories.get(registry, repositoryName)).toBeDefined()
  })

  it('The repository is not found if no template is for pushes, and by what only reads', async () => {
    await using emulator = await startEmulator({ accounts })
    await emulator.ecr.send(createTemplate({ appliedFor: ['PULL_THROUGH_CACHE', 'REPLICATION'] }))
    const put = new PutImageCommand({ repositoryName, imageManifest: '{}' })
    await expect(emulator.ecr.send(initiate())).rejects.toMatchObject(notFound)
    await expect(emulator.ecr.send(put)).rejects.toMatchObject(notFound)
    await emulator.ecr.send(createTemplate({ prefix: 'ROOT', appliedFor: ['CREATE_ON_PUSH'] }))
    const check = new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [sha256('a')] })
    await expect(emulator.ecr.send(check)).rejects.toMatchObject(notFound)
  })

  it('The refusal says why a template cannot be applied', async () => {
    await using emulator = await startEmulator({ accounts })
    const resourceTags = [{ Key: 'team', Value: 'a' }]
    await emulator.ecr.send(createTemplate({ appliedFor: ['CREATE_ON_PUSH'], resourceTags }))
    await expect(emulator.ecr.send(initiate())).rejects.toMatchObject({
      ...notFound,
      message: `${notFound.message} (ecr-local: the creation template 'prod' cannot be applied: resource tags need a customRoleArn)`,
    })
  })

  it('A caller of another account is let in by the repository policy of the template only', async () => {
    await using emulator = await startEmulator({ accounts })
    await emulator.ecr.send(createTemplate({ appliedFor: ['CREATE_ON_PUSH'] }))
    const guest = emulator.as('AKIDGUEST')
    await expect(guest.send(initiate(account))).rejects.toMatchObject({ name: 'AccessDeniedException' })
    expect(await emulator.deps.store.repositories.get(registry, repositoryName)).toBeUndefined()
    await emulator.ecr.send(createTemplate({ prefix: 'ROOT', appliedFor: ['CREATE_ON_PUSH'], repositoryPolicy }))
    await expect(guest.send(initiate(account))).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await emulator.deps.store.creationTemplates.remove(registry, 'prod')
    await expect(guest.send(initiate(account))).resolves.toMatchObject({ partSize: 10_485_760 })
  })
})
