import { BatchCheckLayerAvailabilityCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, region, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage, pushLayer, sha256 } from '../../support/push.js'

const repositoryName = 'team/app'
const check = (...layerDigests: string[]) => new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests })

describe('BatchCheckLayerAvailability', () => {
  it('BatchCheckLayerAvailability reports only the layers of this repository as available', async () => {
    await using emulator = await startEmulator()
    const { ecr } = emulator
    await createRepository(ecr)
    await createRepository(ecr, 'team/other')
    const here = await pushLayer(ecr, repositoryName, 'here')
    const elsewhere = await pushLayer(ecr, 'team/other', 'elsewhere')

    const { layers, failures } = await ecr.send(check(here.digest, elsewhere.digest, sha256('nowhere')))

    expect(layers).toEqual([
      { layerDigest: here.digest, layerAvailability: 'AVAILABLE', layerSize: 4 },
      { layerDigest: elsewhere.digest, layerAvailability: 'UNAVAILABLE' },
      { layerDigest: sha256('nowhere'), layerAvailability: 'UNAVAILABLE' },
    ])
    expect(failures).toEqual([])
  })

  it('BatchCheckLayerAvailability returns the media type of a layer once an image has named it', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await pushImage(emulator.ecr, repositoryName, { layer: 'a layer' })
    const { layers } = await emulator.ecr.send(check(sha256('a layer')))
    expect(layers?.[0]?.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip')
  })

  it('BatchCheckLayerAvailability reports a cached layer only once its own upstream has sent it', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await createRepository(emulator.ecr, 'other')
    const { digest } = await pushLayer(emulator.ecr, 'other', 'bytes')
    const layer = { repository: repositoryName, digest, size: 5, pulledThrough: true }
    const { layers: records } = emulator.deps.store
    const answer = async () => (await emulator.ecr.send(check(digest))).layers?.[0]?.layerAvailability

    await records.put({ account, region }, `${repositoryName} ${digest}`, layer)
    expect(await answer()).toBe('UNAVAILABLE')
    await records.put({ account, region }, `${repositoryName} ${digest}`, { ...layer, isConfirmed: true })
    expect(await answer()).toBe('AVAILABLE')
  })

  it('BatchCheckLayerAvailability reports a layer only once its bytes are stored', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const digest = sha256('on its way')
    const layer = { repository: repositoryName, digest, size: 10, pulledThrough: true }
    await emulator.deps.store.layers.put({ account, region }, `${repositoryName} ${digest}`, layer)

    const { layers } = await emulator.ecr.send(check(digest))

    expect(layers).toEqual([{ layerDigest: digest, layerAvailability: 'UNAVAILABLE' }])
  })

  it('BatchCheckLayerAvailability reports invalid digests as failures and answers the others', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const { digest } = await pushLayer(emulator.ecr, repositoryName, 'here')

    const { layers, failures } = await emulator.ecr.send(check('', 'no digest', digest))

    expect(layers?.map(({ layerDigest }) => layerDigest)).toEqual([digest])
    expect(failures).toMatchObject([
      { layerDigest: '', failureCode: 'MissingLayerDigest' },
      { layerDigest: 'no digest', failureCode: 'InvalidLayerDigest' },
    ])
  })

  it('BatchCheckLayerAvailability refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(check(sha256('any')))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('BatchCheckLayerAvailability refuses more than 100 digests', async () => {
    await using emulator = await startEmulator()
    const many = Array.from({ length: 101 }, (_, n) => sha256(`${n}`))
    await expect(emulator.ecr.send(check(...many))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'layerDigests' failed to satisfy constraint: 'Member must have length less than or equal to 100'",
    })
  })
})
