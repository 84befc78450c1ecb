import { InitiateLayerUploadCommand } from '@aws-sdk/client-ecr'
import aws4 from 'aws4'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepManifest } from '../../src/registry/images/store-manifest.js'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { account, region, startEmulator } from '../support/emulator.js'
import { heldUpMs, MOST_HELD_UP_MS } from '../support/event-loop.js'
import { createRepository, sha256 } from '../support/push.js'
import { developer } from '../support/query-call.js'
import { targetOf } from '../support/raw-http.js'

const repositoryName = 'team/app'
const MiB = 1024 * 1024
let emulator: Awaited<ReturnType<typeof startEmulator>>
beforeAll(async () => {
  emulator = await startEmulator()
  await createRepository(emulator.ecr, repositoryName)
})
afterAll(() => emulator[Symbol.asyncDispose]())

/** A call that is signed in advance, so that signing is not measured. */
function prepared(operation: string, body: string) {
  const { endpoint } = emulator
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': targetOf(operation) }
  const signing = { service: 'ecr', region, method: 'POST', path: '/', host: new URL(endpoint).host, headers, body }
  const signed = aws4.sign(signing, developer).headers as Record<string, string>
  const bytes = Buffer.from(body)
  return async () => {
    const answer = await request(endpoint, { method: 'POST', headers: signed, body: bytes })
    return { status: answer.statusCode, bytes: Buffer.from(await answer.body.arrayBuffer()) }
  }
}

/** The answer to a call, after a check that the call did not delay other requests. */
async function answerTo(operation: string, body: string) {
  const call = prepared(operation, body)
  const answers: Awaited<ReturnType<typeof call>>[] = []
  expect(await heldUpMs(async () => answers.push(await call()))).toBeLessThan(MOST_HELD_UP_MS)
  const { status, bytes } = answers[0]!
  const { __type: type, message } = JSON.parse(bytes.toString()) as { __type?: string; message?: string }
  return { status, type, message }
}

/** Records images with manifests of `bytes` bytes as an earlier version did: with everything that a manifest says. */
async function recordImages(prefix: string, count: number, bytes: number): Promise<string[]> {
  const { store, blobs } = emulator.deps
  const digests: string[] = []
  for (let index = 0; index < count; index++) {
    const annotations = { index: `${prefix}${index}`, long: 'x'.repeat(bytes) }
    const text = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [], annotations })
    const digest = sha256(text)
    await keepManifest(blobs, digest, Buffer.from(text))
    const about = { repository: repositoryName, digest, mediaType: mediaTypes.ociIndex, manifestSize: text.length }
    const contents = { blobs: [], manifests: [], annotations, imageSize: 0, tags: [], pushedAt: 0 }
    await store.images.put({ account, region }, keyOf(repositoryName, digest), { ...about, ...contents })
    digests.push(digest)
  }
  return digests
}

describe('API calls and the event loop', () => {
  it('A layer part of 10 MiB does not block the event loop', async () => {
    const layerPartBlob = Buffer.alloc(10 * MiB, 1).toString('base64')
    const { uploadId } = await emulator.ecr.send(new InitiateLayerUploadCommand({ repositoryName }))
    const part = { repositoryName, uploadId, partFirstByte: 0, partLastByte: 10 * MiB - 1, layerPartBlob }
    expect(await answerTo('UploadLayerPart', JSON.stringify(part))).toMatchObject({ status: 200 })
  })

  it.each([
    ['quotes', JSON.stringify({ repositoryName, imageManifest: '"'.repeat(15 * MiB) })],
    ['white space', `{"repositoryName":"${repositoryName}"${' '.repeat(31 * MiB)}}`],
    ['backslashes', `{"repositoryName":"${'\\\\'.repeat(15 * MiB)}"}`],
  ])('A body that consists of %s does not block the event loop', async (_, body) => {
    expect(await answerTo('PutImage', body)).toMatchObject({ status: 400, type: 'SerializationException' })
  })

  it('A PutImage call with a manifest of 4 MiB does not block the event loop', async () => {
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [], annotations: { a: '' } }
    manifest.annotations.a = '"'.repeat(2 * MiB - 100)
    const body = JSON.stringify({ repositoryName, imageManifest: JSON.stringify(manifest) })
    expect(await answerTo('PutImage', body)).toMatchObject({ status: 200 })
  })

  it('DescribeImages and ListImages do not block the event loop when records hold whole manifests', async () => {
    await recordImages('old', 30, MiB)
    expect(await answerTo('DescribeImages', JSON.stringify({ repositoryName, maxResults: 1000 }))).toMatchObject({
      status: 200,
    })
    expect(await answerTo('ListImages', JSON.stringify({ repositoryName, maxResults: 1000 }))).toMatchObject({
      status: 200,
    })
  })

  it('BatchGetImage of large manifests does not block the event loop and is refused for too many', async () => {
    const digests = await recordImages('got', 10, MiB)
    const asking = (count: number) =>
      JSON.stringify({ repositoryName, imageIds: digests.slice(0, count).map((imageDigest) => ({ imageDigest })) })

    expect(await answerTo('BatchGetImage', asking(7))).toMatchObject({ status: 200 })
    expect(await answerTo('BatchGetImage', asking(10))).toMatchObject({
      type: 'InvalidParameterException',
      message:
        "Invalid parameter at 'imageIds' failed to satisfy constraint: 'Manifests of the images named must have no more than 8388608 bytes together: ask for fewer images at a time'",
    })
  })
})
