import { createHash } from 'node:crypto'
import { invalidManifest } from '../errors.js'
import type { Descriptor } from './image.js'
import { exceedsJsonBounds } from './json-bounds.js'

/** The media types of manifests and indexes that can be pushed and pulled: Docker schema 2 and OCI 1.1. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const

const indexTypes: ReadonlySet<string> = new Set([mediaTypes.ociIndex, mediaTypes.dockerList])
const imageTypes: ReadonlySet<string> = new Set([mediaTypes.ociManifest, mediaTypes.dockerManifest])

/**
 * The limit of `imageManifest` in the API model, and the least that the OCI specification asks registries to accept.
 */
export const MAX_MANIFEST_BYTES = 4_194_304

/** The contents of a manifest that the registry needs. Its bytes are stored unchanged. */
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

/** Whether a text is a digest of an algorithm that we support: sha256 or sha512. */
export const isDigest = (text: string): boolean => DIGEST.test(text)

/** The algorithm of a digest: sha512 if it begins with that, otherwise sha256. */
export const digestAlgorithm = (digest: string): 'sha256' | 'sha512' =>
  digest.startsWith('sha512:') ? 'sha512' : 'sha256'

/** The digest of these bytes, computed with the algorithm of the digest `like`. */
export function computeDigest(bytes: Uint8Array, like = 'sha256:'): string {
  const algorithm = digestAlgorithm(like)
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** The JSON of a manifest that is not validated yet. */
export type ManifestJson = Record<string, unknown>

/**
 * Parses a manifest. `mediaType` is the one that the client declared; if the manifest contains its own, they must
 * agree. `validate` may throw for what the specification allows. Throws InvalidParameterException `Invalid JSON
 * syntax`, with which ECR refuses every invalid manifest.
 * https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md
 */
export function parseManifest(
  bytes: Uint8Array,
  mediaType?: string,
  validate?: (json: ManifestJson) => void,
): Manifest {
  const json = parseObject(bytes)
  const type = typeof json.mediaType === 'string' ? json.mediaType : mediaType
  if (json.schemaVersion !== 2 || !type || (mediaType && type !== mediaType)) throw invalidManifest()
  validate?.(json)

  if (indexTypes.has(type)) return { ...ownFields(json, type), blobs: [], manifests: descriptors(json.manifests) }
  if (!imageTypes.has(type)) throw invalidManifest()
  return {
    ...ownFields(json, type),
    blobs: [descriptor(json.config), ...descriptors(json.layers).filter(isDistributable)],
    manifests: [],
  }
}

/** The bytes of all blobs of a manifest, which DescribeImages returns as imageSizeInBytes. */
export const contentSize = ({ blobs }: Pick<Manifest, 'blobs'>): number =>
  blobs.reduce((sum, { size }) => sum + size, 0)

/** Clients fetch layers of the other types from elsewhere: a registry neither requires nor stores these. */
const isDistributable = ({ mediaType }: Descriptor) => !/nondistributable|\.foreign\./.test(mediaType)

function ownFields(json: ManifestJson, mediaType: string): Omit<Manifest, 'blobs' | 'manifests'> {
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
 * A manifest of 4 MiB can list 27,000 layers of three values each. Only meaningless values, of a letter each, exceed
 * these bounds, and would cost a parser hundreds of milliseconds.
 */
const JSON_BOUNDS = { depth: 100, containers: 100_000, values: 100_000 }

/** Type and subtype have at most 127 characters each. https://www.rfc-editor.org/rfc/rfc6838#section-4.2 */
const MAX_MEDIA_TYPE_LENGTH = 255

function parseObject(bytes: Uint8Array): ManifestJson {
  if (exceedsJsonBounds(bytes, JSON_BOUNDS)) throw invalidManifest()
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
const isTooLong = (mediaType: unknown) => typeof mediaType === 'string' && mediaType.length > MAX_MEDIA_TYPE_LENGTH

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
