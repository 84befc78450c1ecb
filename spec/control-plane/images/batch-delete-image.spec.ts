import { BatchDeleteImageCommand, DescribeImagesCommand, ListImagesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage, pushIndex, sha256 } from '../../support/push.js'

const repositoryName = 'team/app'
const remove = (...imageIds: { imageDigest?: string; imageTag?: string }[]) =>
  new BatchDeleteImageCommand({ repositoryName, imageIds })

async function imageWithTwoTags() {
  const emulator = await startEmulator()
  await createRepository(emulator.ecr)
  const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'one' })
  await pushImage(emulator.ecr, repositoryName, { imageTag: 'two' })
  const tags = async () => {
    const { imageDetails = [] } = await emulator.ecr.send(new DescribeImagesCommand({ repositoryName }))
    return imageDetails.map(({ imageTags }) => imageTags)
  }
  return { ecr: emulator.ecr, digest, tags, [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose]() }
}

describe('BatchDeleteImage', () => {
  it('BatchDeleteImage removes a tag, and deletes the image with its last tag', async () => {
    await using emulator = await imageWithTwoTags()
    const { ecr, digest, tags } = emulator

    const first = await ecr.send(remove({ imageTag: 'one' }))
    expect(first.imageIds).toEqual([{ imageDigest: digest, imageTag: 'one' }])
    expect(await tags()).toEqual([['two']])

    const last = await ecr.send(remove({ imageTag: 'two' }))
    expect(last.imageIds).toEqual([{ imageDigest: digest, imageTag: 'two' }])
    expect(await tags()).toEqual([])
  })

  it('BatchDeleteImage deletes an image by digest with all its tags and returns one id for each tag', async () => {
    await using emulator = await imageWithTwoTags()
    const { ecr, digest, tags } = emulator

    const { imageIds, failures } = await ecr.send(remove({ imageDigest: digest }))

    expect(imageIds).toEqual(['one', 'two'].map((imageTag) => ({ imageDigest: digest, imageTag })))
    expect(failures).toEqual([])
    expect(await tags()).toEqual([])
  })

  it.each<[string, (digest: string) => { imageDigest?: string; imageTag?: string }[]]>([
    ['its digest and then a tag', (imageDigest) => [{ imageDigest }, { imageTag: 'one' }]],
    ['a tag and then its digest', (imageDigest) => [{ imageTag: 'one' }, { imageDigest }]],
    ['all of its tags and its digest', (imageDigest) => [{ imageTag: 'one' }, { imageTag: 'two' }, { imageDigest }]],
    ['its digest twice', (imageDigest) => [{ imageDigest }, { imageDigest }]],
    ['its digest, and a tag together with it', (imageDigest) => [{ imageDigest }, { imageDigest, imageTag: 'two' }]],
  ])('BatchDeleteImage deletes an image named by %s once, without a failure', async (_, idsOf) => {
    await using emulator = await imageWithTwoTags()
    const { ecr, digest, tags } = emulator

    const { imageIds, failures } = await ecr.send(remove(...idsOf(digest)))

    expect(imageIds).toEqual(['one', 'two'].map((imageTag) => ({ imageDigest: digest, imageTag })))
    expect(failures).toEqual([])
    expect(await tags()).toEqual([])
  })

  it('BatchDeleteImage removes a tag once when it is named alone and together with its digest', async () => {
    await using emulator = await imageWithTwoTags()
    const { ecr, digest, tags } = emulator
    const both = { imageDigest: digest, imageTag: 'one' }

    const { imageIds, failures } = await ecr.send(remove({ imageTag: 'one' }, both, { imageTag: 'one' }))

    expect(imageIds).toEqual([both])
    expect(failures).toEqual([])
    expect(await tags()).toEqual([['two']])
  })

  it('BatchDeleteImage returns only the digest of an untagged image', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const { digest } = await pushImage(emulator.ecr, repositoryName)
    const { imageIds } = await emulator.ecr.send(remove({ imageDigest: digest }))
    expect(imageIds).toEqual([{ imageDigest: digest }])
  })

  it('BatchDeleteImage reports for each image id why nothing was deleted', async () => {
    await using emulator = await imageWithTwoTags()
    const absent = { imageDigest: sha256('absent') }

    const { imageIds, failures } = await emulator.ecr.send(remove(absent, {}, { imageDigest: 'sha256:xyz' }))

    expect(imageIds).toEqual([])
    expect(failures).toEqual([
      { imageId: absent, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' },
      {
        imageId: {},
        failureCode: 'MissingDigestAndTag',
        failureReason: 'Invalid request parameters: both tag and digest cannot be null',
      },
      {
        imageId: { imageDigest: 'sha256:xyz' },
        failureCode: 'InvalidImageDigest',
        failureReason:
          "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
      },
    ])
  })

  it('BatchDeleteImage keeps an image that an index lists until the index is deleted', async () => {
    await using emulator = await startEmulator()
    const { ecr } = emulator
    await createRepository(ecr)
    const member = await pushImage(ecr, repositoryName, { imageTag: 'amd64' })
    const index = await pushIndex(ecr, repositoryName, [member], 'all')

    const kept = await ecr.send(remove({ imageDigest: member.digest }))
    expect(kept.failures).toEqual([
      {
        imageId: { imageDigest: member.digest },
        failureCode: 'ImageReferencedByManifestList',
        failureReason: `Requested image referenced by manifest list: [${index.digest}]`,
      },
    ])

    const both = await ecr.send(remove({ imageDigest: index.digest }, { imageDigest: member.digest }))
    expect(both.failures).toEqual([])
    expect((await ecr.send(new ListImagesCommand({ repositoryName }))).imageIds).toEqual([])
  })

  it('BatchDeleteImage refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(remove({ imageTag: 'one' }))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('BatchDeleteImage refuses a call without imageIds', async () => {
    await using emulator = await startEmulator()
    const without = new BatchDeleteImageCommand({ repositoryName, imageIds: undefined })
    await expect(emulator.ecr.send(without)).rejects.toMatchObject({
      message: "Invalid parameter at 'imageIds' failed to satisfy constraint: 'Member must not be null'",
    })
  })
})
