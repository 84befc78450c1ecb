import { BatchGetImageCommand, DescribeImagesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it, vi } from 'vitest'
import { mediaTypes } from '../../../src/registry/images/manifest.js'
import { keyOf } from '../../../src/registry/ports/store.js'
import { account, now, region, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage, pushIndex, sha256 } from '../../support/push.js'

const repositoryName = 'team/app'
const describeImages = (rest: Partial<DescribeImagesCommand['input']> = {}) =>
  new DescribeImagesCommand({ repositoryName, ...rest })

async function repository() {
  const emulator = await startEmulator()
  await createRepository(emulator.ecr)
  return emulator
}

describe('DescribeImages', () => {
  it('DescribeImages returns every detail of an image', async () => {
    await using emulator = await repository()
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1', layer: '12345' })
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'also', layer: '12345' })

    const { imageDetails } = await emulator.ecr.send(describeImages())

    expect(imageDetails).toEqual([
      {
        registryId: account,
        repositoryName,
        imageDigest: digest,
        imageTags: ['also', 'v1'],
        imageSizeInBytes: 7,
        imagePushedAt: now,
        imageManifestMediaType: mediaTypes.ociManifest,
        artifactMediaType: 'application/vnd.oci.image.config.v1+json',
        imageStatus: 'ACTIVE',
      },
    ])
  })

  it('DescribeImages omits the tags, the subject and the pull time that an image does not have', async () => {
    await using emulator = await repository()
    await pushImage(emulator.ecr, repositoryName)
    const { imageDetails } = await emulator.ecr.send(describeImages())
    expect(imageDetails?.[0]).not.toHaveProperty('imageTags')
    expect(imageDetails?.[0]).not.toHaveProperty('subjectManifestDigest')
    expect(imageDetails?.[0]).not.toHaveProperty('lastRecordedPullTime')
  })

  it('DescribeImages gives an index the size of its largest image', async () => {
    await using emulator = await repository()
    const small = await pushImage(emulator.ecr, repositoryName, { layer: 'small' })
    const large = await pushImage(emulator.ecr, repositoryName, { layer: 'much larger' })
    await pushIndex(emulator.ecr, repositoryName, [small, large], 'all')

    const { imageDetails } = await emulator.ecr.send(describeImages({ imageIds: [{ imageTag: 'all' }] }))

    expect(imageDetails?.[0]).toMatchObject({
      imageSizeInBytes: '{}'.length + 'much larger'.length,
      imageManifestMediaType: mediaTypes.ociIndex,
    })
  })

  it('DescribeImages returns the type and the subject of an artifact', async () => {
    await using emulator = await repository()
    const subject = { mediaType: mediaTypes.ociManifest, digest: sha256('an image'), size: 8 }
    await pushImage(emulator.ecr, repositoryName, { rest: { subject, artifactType: 'application/spdx+json' } })

    const { imageDetails } = await emulator.ecr.send(describeImages())

    expect(imageDetails?.[0]).toMatchObject({
      artifactMediaType: 'application/spdx+json',
      subjectManifestDigest: subject.digest,
    })
  })

  it('DescribeImages returns the last pull time, which is recorded at most once a minute', async () => {
    await using emulator = await repository()
    const { ecr, deps } = emulator
    await pushImage(ecr, repositoryName, { imageTag: 'v1' })
    const pull = () => ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }))
    const lastPull = async () => (await ecr.send(describeImages())).imageDetails?.[0]?.lastRecordedPullTime

    await pull()
    expect(await lastPull()).toEqual(now)
    await deps.clock.advance(59)
    await pull()
    expect(await lastPull(), 'a pull within a minute is not written').toEqual(now)
    await deps.clock.advance(1)
    await pull()
    expect(await lastPull()).toEqual(new Date(now.getTime() + 60_000))
  })

  it('DescribeImages finds images by tag and by digest and returns each image once', async () => {
    await using emulator = await repository()
    const one = await pushImage(emulator.ecr, repositoryName, { imageTag: 'one', layer: '1' })
    const two = await pushImage(emulator.ecr, repositoryName, { imageTag: 'two', layer: '2' })

    const imageIds = [{ imageDigest: two.digest }, { imageTag: 'one' }, { imageTag: 'two' }]
    const { imageDetails } = await emulator.ecr.send(describeImages({ imageIds }))

    expect(imageDetails?.map(({ imageDigest }) => imageDigest)).toEqual([two.digest, one.digest])
  })

  it('DescribeImages fails as a whole when one of the images does not exist', async () => {
    await using emulator = await repository()
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'one' })
    const imageIds = [{ imageTag: 'one' }, { imageTag: 'gone' }]
    await expect(emulator.ecr.send(describeImages({ imageIds }))).rejects.toMatchObject({
      name: 'ImageNotFoundException',
      message: `The image with imageId {imageDigest:'null', imageTag:'gone'} does not exist within the repository with name 'team/app' in the registry with id '${account}'`,
    })
  })

  it('DescribeImages refuses an image id with neither a tag nor a digest', async () => {
    await using emulator = await repository()
    await expect(emulator.ecr.send(describeImages({ imageIds: [{}] }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Invalid request parameters: both tag and digest cannot be null',
    })
  })

  it('DescribeImages filters images by tag status and by image status', async () => {
    await using emulator = await repository()
    const tagged = await pushImage(emulator.ecr, repositoryName, { imageTag: 'one', layer: '1' })
    const untagged = await pushImage(emulator.ecr, repositoryName, { layer: '2' })
    const digests = async (filter: DescribeImagesCommand['input']['filter']) => {
      const { imageDetails = [] } = await emulator.ecr.send(describeImages({ filter }))
      return imageDetails.map(({ imageDigest }) => imageDigest).sort()
    }

    expect(await digests({ tagStatus: 'TAGGED' })).toEqual([tagged.digest])
    expect(await digests({ tagStatus: 'UNTAGGED' })).toEqual([untagged.digest])
    expect(await digests({ tagStatus: 'ANY', imageStatus: 'ANY' })).toEqual([tagged.digest, untagged.digest].sort())
    expect(await digests({ imageStatus: 'ARCHIVED' })).toEqual([])
  })

  it('DescribeImages fills the pages of a filtered list', async () => {
    await using emulator = await repository()
    for (let n = 0; n < 5; n++) await pushImage(emulator.ecr, repositoryName, { layer: `${n}` })
    for (let n = 5; n < 9; n++) await pushImage(emulator.ecr, repositoryName, { imageTag: `t${n}`, layer: `${n}` })

    const seen: string[] = []
    const sizes: number[] = []
    let nextToken: string | undefined
    do {
      const page = await emulator.ecr.send(
        describeImages({ maxResults: 2, nextToken, filter: { tagStatus: 'UNTAGGED' } }),
      )
      seen.push(...(page.imageDetails ?? []).map(({ imageDigest = '' }) => imageDigest))
      sizes.push(page.imageDetails?.length ?? 0)
      nextToken = page.nextToken
    } while (nextToken)

    expect(new Set(seen).size).toBe(5)
    expect(sizes).toEqual([2, 2, 1])
  })

  it('DescribeImages refuses imageIds together with maxResults, and more than 100 imageIds', async () => {
    await using emulator = await repository()
    const imageIds = [{ imageTag: 'one' }]
    await expect(emulator.ecr.send(describeImages({ imageIds, maxResults: 1 }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    const many = Array.from({ length: 101 }, (_, n) => ({ imageTag: `t${n}` }))
    await expect(emulator.ecr.send(describeImages({ imageIds: many }))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'imageIds' failed to satisfy constraint: 'Member must have length less than or equal to 100'",
    })
  })

  it('DescribeImages refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(describeImages())).rejects.toMatchObject({ name: 'RepositoryNotFoundException' })
  })

  it('DescribeImages reads no more records than a page needs', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    for (const layer of ['one', 'two', 'three']) await pushImage(emulator.ecr, repositoryName, { layer })
    const list = vi.spyOn(emulator.deps.store.images, 'list')

    await emulator.ecr.send(new DescribeImagesCommand({ repositoryName, maxResults: 1 }))

    expect(list.mock.calls.map(([, { limit }]) => limit)).toEqual([1])
  })

  it('DescribeImages reads at most 1,000 records for a filtered page and continues on the next page', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await pushImage(emulator.ecr, repositoryName, { layer: 'one' })
    const { store } = emulator.deps
    const [image] = (await store.images.list({ account, region }, { limit: 1 })).items
    if (!image) throw new Error('nothing was pushed')
    const untagged = Array.from({ length: 999 }, (_, n) => `sha256:0${String(n).padStart(63, '0')}`)
    for (const digest of untagged) {
      await store.images.put({ account, region }, keyOf(repositoryName, digest), { ...image, digest, tags: [] })
    }
    const tagged = { digest: `sha256:${'f'.repeat(64)}`, tags: ['last'] }
    await store.images.put({ account, region }, keyOf(repositoryName, tagged.digest), { ...image, ...tagged })
    const list = vi.spyOn(store.images, 'list')
    const page = (nextToken?: string) =>
      emulator.ecr.send(describeImages({ filter: { tagStatus: 'TAGGED' }, nextToken }))

    const first = await page()
    const second = await page(first.nextToken)

    expect(list.mock.calls.map(([, { limit }]) => limit)).toEqual([1000, 1000])
    expect(first.imageDetails).toEqual([])
    expect(second.imageDetails?.map(({ imageTags }) => imageTags)).toEqual([['last']])
    expect(second.nextToken).toBeUndefined()
  })
})
