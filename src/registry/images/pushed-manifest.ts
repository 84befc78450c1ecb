import { isUtf8 } from 'node:buffer'
import { invalidManifest, tooManyLayers, tooManyManifests } from '../errors.js'
import { type Manifest, type ManifestJson, parseManifest } from './manifest.js'
import type { Quotas } from '../quotas.js'

/** A limit of ours. How the service answers a longer index is not known. */
const MAX_MANIFESTS = 1000

/**
 * Parses a pushed manifest, for which ECR is stricter than the specification; a manifest from an upstream is accepted
 * as it is. `mediaType` is as for `parseManifest`. Throws InvalidParameterException: `Invalid JSON syntax` for any
 * manifest that ECR refuses, even if it is well-formed, and sentences of their own for too many layers or manifests.
 */
export function parsePushedManifest(
  bytes: Uint8Array,
  mediaType: string | undefined,
  { layersPerImage }: Pick<Quotas, 'layersPerImage'>,
): Manifest {
  // RFC 8259 section 8.1. BatchGetImage could not return other bytes, because it returns the manifest as a string.
  if (!isUtf8(bytes)) throw invalidManifest()
  return parseManifest(bytes, mediaType, (json) => {
    if (Array.isArray(json.layers) && json.layers.length > layersPerImage) throw tooManyLayers()
    if (Array.isArray(json.manifests) && json.manifests.length > MAX_MANIFESTS) throw tooManyManifests(MAX_MANIFESTS)
    if (!isAcceptable(json)) throw invalidManifest()
  })
}

/*
 * What users report that ECR refuses:
 *
 * - `platform` in the descriptor of a subject: https://github.com/dragonflyoss/nydus/issues/1691
 * - `platform` in the descriptor of a config: https://github.com/regclient/regclient/issues/709
 * - `annotations` in the descriptor of a config: https://github.com/goharbor/acceleration-service/pull/353
 * - a media type with a parameter: https://github.com/aws/containers-roadmap/issues/2306
 * - `os.features` of a platform: https://github.com/dragonflyoss/nydus/issues/1692
 * - `features` of a platform: https://github.com/aws/containers-roadmap/issues/2439
 * - an image without layers: https://github.com/aws/containers-roadmap/issues/876
 */

/** Members that any descriptor may have. https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md */
const DESCRIPTOR = ['mediaType', 'digest', 'size', 'urls', 'data', 'artifactType']

const CONFIG: ReadonlySet<string> = new Set(DESCRIPTOR)
const LAYER_OR_SUBJECT: ReadonlySet<string> = new Set([...DESCRIPTOR, 'annotations'])
const MEMBER: ReadonlySet<string> = new Set([...DESCRIPTOR, 'annotations', 'platform'])
const PLATFORM: ReadonlySet<string> = new Set(['architecture', 'os', 'os.version', 'variant'])

/** Type and subtype without parameters. https://www.rfc-editor.org/rfc/rfc6838#section-4.2 */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/

function isAcceptable({
  mediaType,
  artifactType,
  config,
  layers,
  manifests,
  subject,
  annotations,
}: ManifestJson): boolean {
  return (
    isMediaTypeOrAbsent(mediaType) &&
    isMediaTypeOrAbsent(artifactType) &&
    isAnnotationsOrAbsent(annotations) &&
    isDescriptorOrAbsent(subject, LAYER_OR_SUBJECT) &&
    isDescriptorOrAbsent(config, CONFIG) &&
    isListOrAbsent(layers, (layer) => isDescriptorOrAbsent(layer, LAYER_OR_SUBJECT)) &&
    isListOrAbsent(manifests, (member) => isDescriptorOrAbsent(member, MEMBER)) &&
    !(Array.isArray(layers) && layers.length === 0)
  )
}

/** Whether a descriptor has only members that are allowed in its place. `parseManifest` checks its digest and size. */
function isDescriptorOrAbsent(value: unknown, members: ReadonlySet<string>): boolean {
  if (value === undefined) return true
  if (!isObject(value) || !Object.keys(value).every((name) => members.has(name))) return false
  const { mediaType, artifactType, annotations, platform } = value
  return (
    isMediaTypeOrAbsent(mediaType) &&
    isMediaTypeOrAbsent(artifactType) &&
    isAnnotationsOrAbsent(annotations) &&
    (platform === undefined || (isObject(platform) && Object.keys(platform).every((name) => PLATFORM.has(name))))
  )
}

const isMediaTypeOrAbsent = (value: unknown): boolean =>
  value === undefined || (typeof value === 'string' && MEDIA_TYPE.test(value))

const isAnnotationsOrAbsent = (value: unknown): boolean =>
  value === undefined || (isObject(value) && Object.values(value).every((text) => typeof text === 'string'))

const isListOrAbsent = (value: unknown, isValid: (item: unknown) => boolean): boolean =>
  value === undefined || (Array.isArray(value) && value.every(isValid))

const isObject = (value: unknown): value is ManifestJson =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
