import { createHash } from 'node:crypto'
import { invalidManifest } from '../errors.js'
import type { Descriptor } from './image.js'
import { isMoreJson } from './json-bounds.js'

/** Manifest and index types that can be pushed and pulled: Docker schema 2 and OCI 1.1. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const

const indexTypes: ReadonlySet<string> = new Set([mediaTypes.ociIndex, mediaTypes.dockerList])
const imageTypes: ReadonlySet<string> = new Set([mediaTypes.ociManifest, mediaTypes.dockerManifest])

/** The model's limit of `imageManifest`, and the OCI specification's least maximum. */
export const MAX_MANIFEST_BYTES = 4_194_304

/** What a manifest says of itself; its bytes are kept as they came. */
export interface Manifest {
  mediaType: string
  artifactType?: string
  subject?: string
  annotations?: Record<string, string>
  blobs: Descriptor[]
  manifests: Descriptor[]
}

/** Whether a manifest of this media type lists images rather than layers. */
export const isIndex = (mediaType: string): boolean => indexTypes.has(mediaType)

const DIGEST = /^(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/

/** Whether this is a digest of an algorithm we keep: sha256 or sha512. */
export const isDigest = (text: string): boolean => DIGEST.test(text)

/** The algorithm of a digest: sha256 unless it says sha512. */
export const algorithmOf = (digest: string): 'sha256' | 'sha512' => (digest.startsWith('sha512:') ? 'sha512' : 'sha256')

/** The digest of these bytes, by the algorithm of `like`. */
export function digestOf(bytes: Uint8Array, like = 'sha256:'): string {
  const algorithm = algorithmOf(like)
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** A manifest as it is written, of which nothing is known yet. */
export type ManifestJson = Record<string, unknown>

/**
 * Reads a manifest. `mediaType` is what the client declared; where the manifest carries its own, they must agree. `judge` may
 * refuse what the specification allows.
 * Throws InvalidParameterException `Invalid JSON syntax`, ECR's words for every manifest it does not take.
 * https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string, judge?: (json: ManifestJson) => void): Manifest {
  const json = parseObject(bytes)
  const type = typeof json.mediaType === 'string' ? json.mediaType : mediaType
  if (json.schemaVersion !== 2 || !type || (mediaType && type !== mediaType)) throw invalidManifest()
  judge?.(json)

  if (indexTypes.has(type)) return { ...aboutItself(json, type), blobs: [], manifests: descriptors(json.manifests) }
  if (!imageTypes.has(type)) throw invalidManifest()
  return {
    ...aboutItself(json, type),
    blobs: [descriptor(json.config), ...descriptors(json.layers).filter(isDistributable)],
    manifests: [],
  }
}

/** The sum of what a manifest needs: the figure DescribeImages shows as imageSizeInBytes. */
export const contentSize = ({ blobs }: Pick<Manifest, 'blobs'>): number =>
  blobs.reduce((sum, { size }) => sum + size, 0)

/** Layers of these types are fetched from elsewhere by the client: a registry neither needs nor keeps them. */
const isDistributable = ({ mediaType }: Descriptor) => !/nondistributable|\.foreign\./.test(mediaType)

function aboutItself(json: ManifestJson, mediaType: string): Omit<Manifest, 'blobs' | 'manifests'> {
  const artifactType = json.artifactType ?? (isObject(json.config) ? json.config.mediaType : undefined)
  if ([mediaType, artifactType].some(isTooLong)) throw invalidManifest()
  return {
    mediaType,
    ...(typeof artifactType === 'string' && { artifactType }),
    ...(json.subject !== undefined && { subject: descriptor(json.subject).digest }),
    ...(isObject(json.annotations) && { annotations: json.annotations as Record<string, string> }),
  }
}

/**
 * 4 MiB hold 27,000 layers of three values each. More values than this are single letters, and cost a parser hundreds of
 * milliseconds.
 */
const AT_MOST = { depth: 100, containers: 100_000, values: 100_000 }

/** Type and subtype have 127 characters each: https://www.rfc-editor.org/rfc/rfc6838#section-4.2 */
const LONGEST_MEDIA_TYPE = 255

function parseObject(bytes: Uint8Array): ManifestJson {
  if (isMoreJson(bytes, AT_MOST)) throw invalidManifest()
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (isObject(json)) return json
  } catch {
    throw invalidManifest()
  }
  throw invalidManifest()
}

const isObject = (value: unknown): value is ManifestJson =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isTooLong = (mediaType: unknown) => typeof mediaType === 'string' && mediaType.length > LONGEST_MEDIA_TYPE

function descriptors(value: unknown): Descriptor[] {
  if (!Array.isArray(value)) throw invalidManifest()
  return value.map(descriptor)
}

function descriptor(value: unknown): Descriptor {
  if (!isObject(value)) throw invalidManifest()
  const { digest, size, mediaType } = value
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalidManifest()
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw invalidManifest()
  if (typeof mediaType !== 'string' || isTooLong(mediaType)) throw invalidManifest()
  return { digest, size, mediaType }
}
