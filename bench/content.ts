import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { request } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { digestOf, makeImage, seededBytes } from '../spec/support/upstream-content.js'

/** Where content is pushed: a repository of a registry, and credentials for it. */
export interface Target {
  readonly url: string
  readonly repository: string
  readonly authorization?: string
}

/** Bytes of the layers of an image of 100 MB. */
export const LAYERS_OF_100_MB = [50, 25, 15, 8, 2].map((megabytes) => megabytes * 1_000_000)

/** Pushes bytes as one blob and returns its digest. */
export async function pushBlob(target: Target, bytes: Buffer, digest = digestOf(bytes)): Promise<string> {
  const answer = await fetch(await uploadUrl(target, digest), {
    method: 'PUT',
    headers: { ...login(target), 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length),
  })
  await expect(answer, 201)
  return digest
}

/** Pushes a file as one blob without holding it in memory. */
export async function pushFile(target: Target, file: string, digest: string): Promise<void> {
  const url = await uploadUrl(target, digest)
  const { size } = await stat(file)
  const headers = { ...login(target), 'content-type': 'application/octet-stream', 'content-length': size }
  const sent = request(url, { method: 'PUT', headers })
  const answered = new Promise<number | undefined>((resolve, reject) => {
    sent.once('response', (response) => resolve(response.resume().statusCode))
    sent.once('error', reject)
  })
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), sent)
  const status = await answered
  if (status !== 201) throw new Error(`PUT ${url.href}: ${String(status)}`)
}

/** Pushes an image with layers of these sizes and returns its manifest. */
export async function pushImage(target: Target, sizes: readonly number[], seed: string) {
  const layers = sizes.map((size, index) => seededBytes(size, `${seed} ${index}`))
  const { image, blobs } = makeImageOf(layers, seed)
  for (const { bytes, digest } of blobs) await pushBlob(target, bytes, digest)
  const answer = await fetch(`${target.url}/v2/${target.repository}/manifests/${seed}`, {
    method: 'PUT',
    headers: { ...login(target), 'content-type': image.mediaType },
    body: image.bytes.toString(),
  })
  await expect(answer, 201)
  return image
}

/** An image with these layers. Its blobs are the config and the layers. */
export function makeImageOf(layers: Buffer[], seed: string) {
  const { image, blobs } = makeImage({ layers: layers.length, layerSize: 1, seed })
  const [config = Buffer.alloc(0)] = blobs
  const manifest = JSON.parse(image.bytes.toString()) as { layers: { digest: string; size: number }[] }
  manifest.layers.forEach((layer, index) => {
    const bytes = layers[index] ?? Buffer.alloc(0)
    Object.assign(layer, { digest: digestOf(bytes), size: bytes.length })
  })
  const bytes = Buffer.from(JSON.stringify(manifest, null, 2))
  return {
    image: { mediaType: image.mediaType, bytes, digest: digestOf(bytes) },
    blobs: [config, ...layers].map((blob) => ({ bytes: blob, digest: digestOf(blob) })),
  }
}

async function uploadUrl(target: Target, digest: string): Promise<URL> {
  const start = `${target.url}/v2/${target.repository}/blobs/uploads/`
  const answer = await fetch(start, { method: 'POST', headers: login(target) })
  await expect(answer, 202)
  const url = new URL(answer.headers.get('location') ?? '', target.url)
  url.searchParams.set('digest', digest)
  return url
}

const login = ({ authorization }: Target): Record<string, string> => (authorization ? { authorization } : {})

async function expect(answer: Response, status: number): Promise<void> {
  const text = await answer.text()
  if (answer.status !== status) throw new Error(`${answer.url}: ${answer.status} ${text.slice(0, 500)}`)
}
