import { createHash } from 'node:crypto'
import type { UpstreamManifest } from '../../registry/ports/upstream.js'
import { type Answer, header, readAtMost } from './upstream-responses.js'

/** The manifests we can keep; asked for by name, since registries convert or refuse where a type is missing. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/** The size every registry must take, and the most ECR takes. */
export const manifestBytes = 4 * 1024 * 1024

const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/** Docker-Content-Digest, if the upstream sent one; null if that is no sha256 or sha512 digest. */
export function contentDigest(answer: Pick<Answer, 'headers'>): string | null | undefined {
  const value = header(answer, 'docker-content-digest')
  return value === undefined || digestPattern.test(value) ? value : null
}

/** The manifest in an answer, its bytes as they came; or what is wrong with it, to go on with "which". */
export async function readManifest(reference: string, answer: Answer): Promise<UpstreamManifest | { wrong: string }> {
  const bytes = await readAtMost(answer.body, manifestBytes)
  if (!bytes) return { wrong: 'is larger than 4 MiB' }
  const stated = reference.includes(':') ? reference : contentDigest(answer)
  if (stated === null) return { wrong: 'has an invalid Docker-Content-Digest' }
  const wanted = stated ?? digestOf('sha256', bytes)
  if (digestOf(wanted.slice(0, 6), bytes) !== wanted) return { wrong: `does not have the digest ${wanted}` }
  const mediaType = mediaTypeOf(header(answer, 'content-type'), bytes)
  return mediaType ? { digest: wanted, mediaType, bytes } : { wrong: 'is no image manifest or index' }
}

const digestOf = (algorithm: string, bytes: Buffer) =>
  `${algorithm}:${createHash(algorithm === 'sha512' ? 'sha512' : 'sha256')
    .update(bytes)
    .digest('hex')}`

function mediaTypeOf(contentType: string | undefined, bytes: Buffer): string | undefined {
  const stated = contentType?.split(';')[0]?.trim().toLowerCase()
  try {
    const { schemaVersion, mediaType } = (JSON.parse(bytes.toString()) ?? {}) as Record<string, unknown>
    if (schemaVersion !== 2) return undefined
    return [stated, mediaType].filter((type) => typeof type === 'string').find((type) => manifestTypes.includes(type))
  } catch {
    return undefined
  }
}
