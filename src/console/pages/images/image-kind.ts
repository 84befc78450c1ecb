import type { ImageDetail } from '@aws-sdk/client-ecr'
import { shortDigest } from '../../parts/short-digest.js'

const INDEXES = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json']

const CONFIGS = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json']

/** Whether an image is an index: a list of images for several platforms. */
export const isIndex = ({ imageManifestMediaType = '' }: Pick<ImageDetail, 'imageManifestMediaType'>): boolean =>
  INDEXES.includes(imageManifestMediaType)

/** What an image is: an index, an image that containers are made of, or the type of another artifact. */
export function kindOf(image: Pick<ImageDetail, 'imageManifestMediaType' | 'artifactMediaType'>): string {
  if (isIndex(image)) return 'Image index'
  const { artifactMediaType } = image
  if (artifactMediaType === undefined || CONFIGS.includes(artifactMediaType)) return 'Image'
  return artifactName(artifactMediaType)
}

/** Types of artifacts that have a name people know. */
const ARTIFACTS: readonly (readonly [RegExp, string])[] = [
  [/^application\/vnd\.cncf\.notary\.signature$/, 'Notation signature'],
  [/^application\/vnd\.dev\.(cosign|sigstore)\b/, 'Cosign signature'],
  [/^application\/(vnd\.cyclonedx|spdx)\b|^text\/spdx/, 'SBOM'],
  [/^application\/vnd\.in-toto\b/, 'Attestation'],
  [/^application\/vnd\.cncf\.helm\.config/, 'Helm chart'],
]

/** What a type of artifact is called; the type itself if it has no name. */
export const artifactName = (type: string): string => ARTIFACTS.find(([pattern]) => pattern.test(type))?.[1] ?? type

/** Where the page of an image is; of a tag, that of the image which has it at the time. */
export const imageAddress = (repository: string, reference: string): string =>
  `/images/${encodeURIComponent(repository)}/${encodeURIComponent(reference)}`

/** An image as clients name it, without the registry: by tag, or by its shortened digest. */
export const imageTitle = (repository: string, reference: string): string =>
  reference.includes(':') ? `${repository}@${shortDigest(reference)}` : `${repository}:${reference}`

/** What an image is called in a dialog: its digest, and its tags. */
export function imageName({ imageDigest, imageTags = [] }: Pick<ImageDetail, 'imageDigest' | 'imageTags'>): string {
  const more = imageTags.length > MAX_TAGS ? ` and ${imageTags.length - MAX_TAGS} more tags` : ''
  const tags = imageTags.slice(0, MAX_TAGS).join(', ')
  return `${imageDigest} (${tags === '' ? 'untagged' : tags + more})`
}

/** The most tags of an image that a row or a dialog names; its page has all. */
export const MAX_TAGS = 5
