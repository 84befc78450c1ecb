import { digestOf } from '../library/upstream/upstream-content.js'

/** The result of a pull. */
export interface PullResult {
  /** The digest of the index that the tag names. */
  readonly digest: string
  readonly bytes: number
  readonly layers: number
  readonly milliseconds: number
}

interface Descriptor {
  digest: string
  size: number
  platform?: { os: string; architecture: string }
}

const ACCEPT = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(', ')

/**
 * Pulls `<registry>/<repository>:<tag>` for linux/amd64 with the same requests as Docker, in the same order, and
 * verifies every digest.
 */
export async function dockerPull(
  registry: string,
  repository: string,
  tag: string,
  password: string,
): Promise<PullResult> {
  const startedAt = performance.now()
  const ask = asker(`http://${registry}/v2/`, `Basic ${Buffer.from(`AWS:${password}`).toString('base64')}`)
  await ask('GET', '')
  const head = await ask('HEAD', `${repository}/manifests/${tag}`)
  const digest = head.headers.get('docker-content-digest') ?? ''
  const get = async (kind: 'manifests' | 'blobs', digest: string) => {
    const bytes = new Uint8Array(await (await ask('GET', `${repository}/${kind}/${digest}`)).arrayBuffer())
    if (digestOf(bytes) !== digest) throw new Error(`${digest} was sent with wrong bytes`)
    return bytes
  }
  const { manifests } = read<{ manifests: Descriptor[] }>(await get('manifests', digest))
  const platformImage = manifests.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64')
  if (!platformImage) throw new Error(`${digest} has no image for linux/amd64`)
  const { config, layers } = read<{ config: Descriptor; layers: Descriptor[] }>(
    await get('manifests', platformImage.digest),
  )
  const blobs = await Promise.all([config, ...layers].map((blob) => get('blobs', blob.digest)))
  return {
    digest,
    bytes: blobs.reduce((sum, { length }) => sum + length, 0),
    layers: layers.length,
    milliseconds: performance.now() - startedAt,
  }
}

function asker(base: string, authorization: string) {
  return async (method: string, path: string): Promise<Response> => {
    const response = await fetch(base + path, { method, headers: { authorization, accept: ACCEPT } })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response
  }
}

const read = <T>(bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as T
