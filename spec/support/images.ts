import { gzipSync } from 'node:zlib'
import { OWN_USER_AGENT } from './docker-registry.js'
import { type AddedImage, type AddedIndex, digestOf, makeIndex, manifestOf, mediaTypes } from './upstream-content.js'

/** An image that a Docker daemon can unpack, with all its blobs. */
export interface RealImage extends AddedImage {
  blobs: Buffer[]
}

/** An index of two platforms, `linux/amd64` first. */
export interface RealIndex extends AddedIndex {
  images: RealImage[]
}

export interface RealImageOptions {
  /** The content of `/message.txt` in the image; a different text yields a different image. */
  message: string
  /** Uses Docker schema 2 and a manifest list instead of OCI. */
  docker?: boolean
}

/** The size of the filling in the second layer in bytes, enough for more than one read. */
const FILLING = 200_000

/** Creates an image of real layers for each of `linux/amd64` and `linux/arm64`; equal options yield equal images. */
export function twoPlatformImage(options: RealImageOptions): RealIndex {
  const images = ['amd64', 'arm64'].map((architecture) => realImage(architecture, options))
  return { ...makeIndex(images, options.docker), images }
}

/** Creates an image of two gzipped tar layers with `/message.txt`, `/platform.txt` and some filling. */
export function realImage(architecture: string, { message, docker }: RealImageOptions): RealImage {
  const filling = Buffer.alloc(FILLING, `${message} for ${architecture}. `)
  const tars = [
    tar({ 'message.txt': Buffer.from(`${message}\n`) }),
    tar({ 'platform.txt': Buffer.from(`linux/${architecture}\n`), 'filling.txt': filling }),
  ]
  const layers = tars.map((bytes) => gzipSync(bytes))
  const platform = { os: 'linux', architecture }
  const config = json({
    ...platform,
    created: '2026-01-02T03:04:05Z',
    config: { Cmd: ['/message.txt'], Env: ['PATH=/'] },
    rootfs: { type: 'layers', diff_ids: tars.map((bytes) => digestOf(bytes)) },
    history: tars.map((_, index) => ({ created: '2026-01-02T03:04:05Z', created_by: `layer ${index}` })),
  })
  const types = docker
    ? { manifest: mediaTypes.dockerManifest, config: dockerConfig, layer: dockerLayer }
    : { manifest: mediaTypes.ociManifest, config: mediaTypes.ociConfig, layer: mediaTypes.ociLayer }
  const bytes = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(types.config, config),
    layers: layers.map((layer) => descriptor(types.layer, layer)),
  })
  const digests = { config: digestOf(config), layers: layers.map((layer) => digestOf(layer)) }
  return { ...manifestOf(bytes, types.manifest), ...digests, platform, blobs: [config, ...layers] }
}

/** The destination of a push. */
export interface PushTarget {
  /** `http://127.0.0.1:<port>` of a registry without a login. */
  url: string
  repository: string
  tag: string
}

/** Pushes an index and everything it lists, as any client does. */
export async function pushIndex(index: RealIndex, { url, repository, tag }: PushTarget): Promise<void> {
  const at = `${url}/v2/${repository}`
  for (const image of index.images) {
    for (const blob of image.blobs) await pushBlob(at, blob)
    await put(`${at}/manifests/${image.digest}`, image.bytes, image.mediaType)
  }
  await put(`${at}/manifests/${tag}`, index.bytes, index.mediaType)
}

async function pushBlob(at: string, blob: Buffer): Promise<void> {
  const begun = await fetch(`${at}/blobs/uploads/`, { method: 'POST', headers: { 'user-agent': OWN_USER_AGENT } })
  const location = new URL(begun.headers.get('location') ?? '', at)
  location.searchParams.set('digest', digestOf(blob))
  await put(location.href, blob, 'application/octet-stream')
}

async function put(url: string, bytes: Buffer, contentType: string): Promise<void> {
  const headers = { 'user-agent': OWN_USER_AGENT, 'content-type': contentType }
  const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) })
  if (answer.status !== 201) throw new Error(`PUT ${url}: ${answer.status} ${await answer.text()}`)
}

/** Creates an uncompressed ustar archive of files owned by root and last modified at the epoch. */
export function tar(files: Record<string, Buffer>): Buffer {
  const entries = Object.entries(files).flatMap(([name, content]) => [
    tarHeader(name, content.length),
    content,
    Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
  ])
  return Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)])
}

const BLOCK = 512

/** https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06 */
function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  header.write(name, 0)
  header.write(`${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0${octal(size, 11)}\0${octal(0, 11)}\0`, 100)
  header.fill(' ', 148, 156)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148)
  return header
}

const dockerConfig = 'application/vnd.docker.container.image.v1+json'
const dockerLayer = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
const descriptor = (mediaType: string, bytes: Buffer) => ({ mediaType, size: bytes.length, digest: digestOf(bytes) })
const json = (value: unknown) => Buffer.from(JSON.stringify(value, null, 3))
