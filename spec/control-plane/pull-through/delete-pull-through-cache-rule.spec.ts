import { DeletePullThroughCacheRuleCommand, DescribeImagesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, now, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage } from '../../support/push.js'
import { createRule } from '../../support/rules.js'

const remove = (ecrRepositoryPrefix: string) => new DeletePullThroughCacheRuleCommand({ ecrRepositoryPrefix })

describe('DeletePullThroughCacheRule', () => {
  it('DeletePullThroughCacheRule returns the deleted rule without upstreamRegistry', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(createRule())

    const { $metadata, ...answer } = await emulator.ecr.send(remove('ecr-public/'))

    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({
      ecrRepositoryPrefix: 'ecr-public',
      upstreamRegistryUrl: 'public.ecr.aws',
      createdAt: now,
      registryId: account,
    })
  })

  it('DeletePullThroughCacheRule keeps the repositories and their images', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(createRule())
    await createRepository(emulator.ecr, 'ecr-public/nginx')
    await pushImage(emulator.ecr, 'ecr-public/nginx', { imageTag: 'latest' })

    await emulator.ecr.send(remove('ecr-public'))

    const images = await emulator.ecr.send(new DescribeImagesCommand({ repositoryName: 'ecr-public/nginx' }))
    expect(images.imageDetails).toHaveLength(1)
  })

  it('DeletePullThroughCacheRule refuses a rule that was already deleted', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(createRule())
    await emulator.ecr.send(remove('ecr-public'))
    await expect(emulator.ecr.send(remove('ecr-public'))).rejects.toMatchObject({
      name: 'PullThroughCacheRuleNotFoundException',
      message: 'The pull through cache rule was not found. Specify a valid pull through cache rule and try again.',
    })
  })

  it('DeletePullThroughCacheRule refuses a prefix that the model does not allow', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(remove('No'))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})
