import { DescribeImagesCommand, ListImagesCommand } from '@aws-sdk/client-ecr'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import type { Image } from '../../src/registry/images/image.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { storeOf } from '../../src/store/store.js'
import { account, region, startEmulator } from '../support/emulator.js'
import { errorIn, registry as dataRegistry, type RunningRegistry, startRegistry } from '../support/registry.js'
import { makeImage } from '../support/upstream-content.js'

const TAGS = 50_000
const TAGS_PER_IMAGE = 1000
const repository = 'app'
const tagOf = (index: number) => `v${String(index).padStart(7, '0')}`

const store = storeOf(memoryKeyValue())
let running: RunningRegistry
let pushed: { digest: string; bytes: Buffer; mediaType: string }

/** Records an image with its tags, as if each of them had been pushed. */
async function record(place: { account: string; region: string }, image: Image): Promise<void> {
  await store.transact(place, async ({ images, tags }) => {
    await images.put(place, keyOf(repository, image.digest), image)
    const { digest } = image
    for (const tag of image.tags) await tags.put(place, keyOf(repository, tag), { repository, tag, digest })
  })
}

beforeAll(async () => {
  running = await startRegistry({ store })
  await running.createRepository(repository)
  const { image, blobs } = makeImage({ layers: 1, layerSize: 10 })
  for (const blob of blobs) await running.pushBlob(repository, blob)
  await running.putManifest(repository, image)
  pushed = image
  const one = await store.images.get(dataRegistry, keyOf(repository, image.digest))
  if (!one) throw new Error('the image was pushed')
  await record(dataRegistry, { ...one, tags: Array.from({ length: TAGS_PER_IMAGE }, (_, index) => tagOf(index)) })
  for (let first = TAGS_PER_IMAGE; first < TAGS; first += TAGS_PER_IMAGE) {
    const digest = `sha256:${createHash('sha256').update(String(first)).digest('hex')}`
    const tags = Array.from({ length: TAGS_PER_IMAGE }, (_, index) => tagOf(first + index))
    await record(dataRegistry, { ...one, digest, tags })
  }
})
afterAll(() => running[Symbol.asyncDispose]())

describe('repository with 50,000 tags', () => {
  it('The tag list holds each of 50,000 tags once, in order, page by page', async () => {
    const listed: string[] = []
    for (let path: string | undefined = `/v2/${repository}/tags/list?n=1000`; path !== undefined;) {
      const { status, headers, body } = await running.send('GET', path)
      expect(status).toBe(200)
      listed.push(...(JSON.parse(body.toString()) as { tags: string[] }).tags)
      path = /<([^>]+)>/.exec(String(headers.link ?? ''))?.[1]
    }
    expect(listed).toEqual(Array.from({ length: TAGS }, (_, index) => tagOf(index)))
  })

  it('ListImages and DescribeImages return all 50,000 tags of a repository', async () => {
    expect(dataRegistry).toEqual({ account, region })
    await using emulator = await startEmulator({ store })
    const tags: string[] = []
    let nextToken: string | undefined
    do {
      const page = await emulator.ecr.send(
        new ListImagesCommand({ repositoryName: repository, maxResults: 1000, nextToken }),
      )
      tags.push(...(page.imageIds ?? []).map(({ imageTag = '' }) => imageTag))
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    expect(tags.sort()).toEqual(Array.from({ length: TAGS }, (_, index) => tagOf(index)))
    const { imageDetails = [] } = await emulator.ecr.send(new DescribeImagesCommand({ repositoryName: repository }))
    expect(new Set(imageDetails.flatMap(({ imageTags = [] }) => imageTags)).size).toBe(TAGS)
  })

  it('An image takes new tags up to the limit of 1000 tags per image', async () => {
    const refused = await running.putManifest(repository, pushed, 'one-more')
    expect(refused.status).toBe(403)
    expect(errorIn(refused)).toEqual({
      code: 'DENIED',
      message:
        "Adding tag 'one-more' to an image in the repository with name 'app' in registry with id '123456789012' exceeds the maximum allowed number of tags per image which is '1000'",
    })
    expect(refused.headers['retry-after']).toBeUndefined()
    expect((await running.putManifest(repository, pushed, tagOf(0))).status).toBe(201)

    const { image, blobs } = makeImage({ layers: 1, layerSize: 10, seed: 'another' })
    for (const blob of blobs) await running.pushBlob(repository, blob)
    for (const tag of ['one-more', tagOf(0)])
      expect((await running.putManifest(repository, image, tag)).status).toBe(201)
    expect((await running.putManifest(repository, pushed, 'one-more')).status).toBe(201)
    const pulled = await running.send('GET', `/v2/${repository}/manifests/${tagOf(0)}`)
    expect(pulled.headers['docker-content-digest']).toBe(image.digest)
  })
})
