import { BatchDeleteImageCommand, type ImageIdentifier, ListImagesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage } from '../../support/push.js'

const repositoryName = 'team/app'
const list = (rest: Partial<ListImagesCommand['input']> = {}) => new ListImagesCommand({ repositoryName, ...rest })

async function repository() {
  const emulator = await startEmulator()
  await createRepository(emulator.ecr)
  const one = await pushImage(emulator.ecr, repositoryName, { imageTag: 'b', layer: '1' })
  await pushImage(emulator.ecr, repositoryName, { imageTag: 'a', layer: '1' })
  await pushImage(emulator.ecr, repositoryName, { imageTag: 'c', layer: '1' })
  const two = await pushImage(emulator.ecr, repositoryName, { layer: '2' })
  return { ecr: emulator.ecr, one, two, [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose]() }
}

const text = ({ imageDigest, imageTag }: ImageIdentifier) => `${imageDigest} ${imageTag}`
const sorted = (imageIds: ImageIdentifier[] = []) => imageIds.map(text).sort()

describe('ListImages', () => {
  it('ListImages returns one entry for each tag and one without a tag for an untagged image', async () => {
    await using emulator = await repository()
    const { one, two } = emulator

    const { imageIds } = await emulator.ecr.send(list())

    const tagged = ['a', 'b', 'c'].map((imageTag) => ({ imageDigest: one.digest, imageTag }))
    expect(sorted(imageIds)).toEqual(sorted([...tagged, { imageDigest: two.digest }]))
    expect(imageIds?.find(({ imageDigest }) => imageDigest === two.digest)).not.toHaveProperty('imageTag')
  })

  it('ListImages filters images by tag status', async () => {
    await using emulator = await repository()
    const ids = async (tagStatus: 'TAGGED' | 'UNTAGGED' | 'ANY') =>
      (await emulator.ecr.send(list({ filter: { tagStatus } }))).imageIds

    expect(await ids('TAGGED')).toHaveLength(3)
    expect(await ids('UNTAGGED')).toEqual([{ imageDigest: emulator.two.digest }])
    expect(await ids('ANY')).toHaveLength(4)
  })

  it.each([1, 2, 3])(
    'ListImages neither skips nor repeats an entry in pages of %i, even between two tags of one image',
    async (maxResults) => {
      await using emulator = await repository()
      const all = (await emulator.ecr.send(list())).imageIds
      const seen: ImageIdentifier[] = []
      let nextToken: string | undefined
      do {
        const page = await emulator.ecr.send(list({ maxResults, nextToken }))
        expect(page.imageIds?.length).toBeLessThanOrEqual(maxResults)
        seen.push(...(page.imageIds ?? []))
        nextToken = page.nextToken
      } while (nextToken)

      expect(seen).toEqual(all)
    },
  )

  it('ListImages continues after an image that was deleted between two pages', async () => {
    await using emulator = await repository()
    const { ecr } = emulator
    const all = (await ecr.send(list())).imageIds ?? []
    const first = await ecr.send(list({ maxResults: 1 }))
    const [gone = {}] = first.imageIds ?? []
    await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: gone.imageDigest }] }))

    const rest = await ecr.send(list({ nextToken: first.nextToken }))

    expect(rest.imageIds).toEqual(all.filter(({ imageDigest }) => imageDigest !== gone.imageDigest))
  })

  it('ListImages refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(list())).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('ListImages refuses a maxResults above 1,000 with InvalidParameterException', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(list({ maxResults: 1001 }))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'",
    })
  })
})
