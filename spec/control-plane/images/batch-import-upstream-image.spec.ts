import { DescribeImagesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { findImage, imageNotFoundFailure } from '../../../src/registry/images/find-image.js'
import type { PullRequest } from '../../../src/registry/ports/importer.js'
import { batchImport } from '../../support/batch-import.js'
import { account, region, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage } from '../../support/push.js'

const repositoryName = 'ecr-public/nginx/nginx'

describe('BatchImportUpstreamImage', () => {
  it('BatchImportUpstreamImage imports every image and returns them with their manifests', async () => {
    const asked: PullRequest[] = []
    await using emulator = await startEmulator({
      importer: {
        pull: () => Promise.reject(new Error('an import is no pull')),
        refreshReferrers: async () => ({}),
        importImage: async (request) => {
          asked.push(request)
          return findImage(emulator.deps.store, request.registry, request.repository, request.imageId)
        },
      },
    })
    await createRepository(emulator.ecr, repositoryName)
    const { digest, manifest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'latest' })
    const imageIds = [{ imageTag: 'latest' }, { imageTag: 'gone' }]

    const { images, failures } = await batchImport(emulator.ecr, { repositoryName, imageIds })

    expect(asked).toMatchObject(
      imageIds.map((imageId) => ({ registry: { account, region }, repository: repositoryName, imageId })),
    )
    expect(images).toMatchObject([{ imageId: { imageDigest: digest, imageTag: 'latest' }, imageManifest: manifest }])
    expect(failures).toEqual([imageNotFoundFailure({ imageTag: 'gone' })])
    const described = await emulator.ecr.send(new DescribeImagesCommand({ repositoryName }))
    expect(described.imageDetails?.[0], 'an import is no pull').not.toHaveProperty('lastRecordedPullTime')
  })

  it('BatchImportUpstreamImage refuses a call without imageIds and an invalid repository name', async () => {
    await using emulator = await startEmulator()
    await expect(batchImport(emulator.ecr, { repositoryName, imageIds: undefined })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid parameter at 'imageIds' failed to satisfy constraint: 'Member must not be null'",
    })
    await expect(batchImport(emulator.ecr, { repositoryName: 'No', imageIds: [{}] })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
  })
})
