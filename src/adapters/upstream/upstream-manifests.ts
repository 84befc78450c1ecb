import { computeDigest, isDigest, MAX_MANIFEST_BYTES } from '../../registry/images/manifest.js'
import { UpstreamFailure, type UpstreamManifest } from '../../registry/ports/upstream.js'
import type { RegistryClient, RegistryRequest } from './registry-client.js'
import { header, readAtMost, responseFailure, type UpstreamResponse } from './upstream-responses.js'

/**
 * The manifests that we can store. A request lists all of them: registries convert or refuse types that are missing.
 */
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/** A request for a manifest by tag or digest. */
export function manifestRequest(
  method: RegistryRequest['method'],
  repository: string,
  reference: string,
  timeoutMs: number,
): RegistryRequest {
  const subject = `${repository}${reference.includes(':') ? '@' : ':'}${reference}`
  const headers = { accept: MANIFEST_TYPES.join(', ') }
  return { method, path: `${repository}/manifests/${reference}`, subject, repository, headers, timeoutMs }
}

/** Fetches a manifest by tag or digest, and verifies its digest and type. */
export function fetchManifest(
  { host, send }: { host: string; send: RegistryClient },
  repository: string,
  reference: string,
  timeoutMs: number,
): Promise<UpstreamManifest> {
  const request = manifestRequest('GET', repository, reference, timeoutMs)
  const { subject } = request
  return send(request, async (response) => {
    if (response.status !== 200) throw responseFailure(host, subject, response)
    const manifest = await readManifest(reference, response)
    if (!('problem' in manifest)) return manifest
    throw new UpstreamFailure(
      'unavailable',
      `The upstream registry ${host} sent a response for ${subject} that ${manifest.problem}.`,
    )
  })
}

/** Docker-Content-Digest, if the upstream sent it; null if that is neither a sha256 nor a sha512 digest. */
export function contentDigest(response: Pick<UpstreamResponse, 'headers'>): string | null | undefined {
  const value = header(response, 'docker-content-digest')
  return value === undefined || isDigest(value) ? value : null
}

/** The manifest in a response, byte for byte, or what is wrong with it, as the end of a sentence. */
async function readManifest(
  reference: string,
  response: UpstreamResponse,
): Promise<UpstreamManifest | { problem: string }> {
  const bytes = await readAtMost(response.body, MAX_MANIFEST_BYTES)
  if (!bytes) return { problem: 'is larger than 4 MiB' }
  const expected = reference.includes(':') ? reference : contentDigest(response)
  if (expected === null) return { problem: 'has an invalid Docker-Content-Digest' }
  const digest = expected ?? computeDigest(bytes)
  if (computeDigest(bytes, digest) !== digest) return { problem: `does not have the digest ${digest}` }
  const mediaType = mediaTypeOf(header(response, 'content-type'), bytes)
  return mediaType ? { digest, mediaType, bytes } : { problem: 'is not an image manifest or index' }
}

/** The media type by the header, else by the content; undefined if neither is one that we can store. */
function mediaTypeOf(contentType: string | undefined, bytes: Buffer): string | undefined {
  const headerType = contentType?.split(';')[0]?.trim().toLowerCase()
  try {
    const { schemaVersion, mediaType } = (JSON.parse(bytes.toString()) ?? {}) as Record<string, unknown>
    if (schemaVersion !== 2) return undefined
    const types = [headerType, mediaType].filter((type) => typeof type === 'string')
    return types.find((type) => MANIFEST_TYPES.includes(type))
  } catch {
    return undefined
  }
}
