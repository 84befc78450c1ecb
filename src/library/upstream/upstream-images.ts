import { UsageError } from '../../config/usage-error.js'
import { imageName } from './image-matcher.js'
import { type Content, descriptor, json, type Manifest, manifestOf, mediaTypes } from './upstream-content.js'
import { type ImageOptions, makeImage, type UpstreamArtifact, type UpstreamImage } from './upstream-image.js'

/** An image or artifact, or its digest. */
export type ImageDigest = Pick<UpstreamArtifact, 'digest'> | string

/** An artifact that refers to an image. */
export interface ReferrerOptions {
  /** For example `application/vnd.cyclonedx+json`. */
  readonly artifactType: string
  /** What the artifact holds; its type unless given. */
  readonly content?: string | Uint8Array
  readonly annotations?: Readonly<Record<string, string>>
}

/** The images of an upstream. */
export interface UpstreamImages {
  /**
   * Makes an image and puts it under the tag, or moves the tag to it. Equal arguments make equal digests, on every
   * machine; another `version` makes another image that shares the lower layers. Throws UsageError.
   */
  image(repository: string, tag: string, options?: ImageOptions): UpstreamImage
  /** Makes an artifact that refers to an image: a signature, an SBOM. */
  referrer(subject: UpstreamArtifact, options: ReferrerOptions): UpstreamArtifact
  /** Puts a tag on an image of the repository, or moves it there. Throws UsageError if there is no such image. */
  tag(repository: string, tag: string, image: ImageDigest): void
  /** Removes a tag, or without one the repository. What a removed tag named is still there by its digest. */
  remove(repository: string, tag?: string): void
}

/** Makes, moves and removes images in a registry's content. */
export function upstreamImages(content: Content): UpstreamImages {
  const { blobs, manifests, tags } = content
  const keepBlob = (bytes: Buffer) => {
    const { digest } = descriptor(bytes, '')
    blobs.set(digest, bytes)
  }
  const keep = (repository: string, manifest: Manifest): UpstreamArtifact => {
    const { digest, mediaType, bytes } = manifest
    manifests.set(`${repository} ${digest}`, manifest)
    return { repository, digest, mediaType, size: bytes.length }
  }
  const existing = (repository: string, image: ImageDigest) => {
    const digest = typeof image === 'string' ? image : image.digest
    if (manifests.has(`${repository} ${digest}`)) return digest
    throw new UsageError(`The upstream has no image ${repository}@${digest}: make it with upstream.image()`)
  }
  return {
    image(repository, tag, options = {}) {
      imageName(`${repository}:${tag}`)
      requireImageOptions(options)
      const { top, manifests: made, blobs: parts, images } = makeImage(repository, options)
      parts.forEach(keepBlob)
      made.forEach((manifest) => keep(repository, manifest))
      tags.set(`${repository} ${tag}`, top.digest)
      return { ...keep(repository, top), tag, images }
    },
    referrer({ repository, ...subject }, { artifactType, content: held = artifactType, annotations }) {
      const [empty, bytes] = [Buffer.from('{}'), Buffer.from(held)]
      ;[empty, bytes].forEach(keepBlob)
      const manifest = json({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType,
        config: descriptor(empty, 'application/vnd.oci.empty.v1+json'),
        layers: [descriptor(bytes, artifactType)],
        subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
        ...(annotations && { annotations }),
      })
      return keep(repository, manifestOf(manifest, mediaTypes.ociManifest))
    },
    tag(repository, tag, image) {
      imageName(`${repository}:${tag}`)
      tags.set(`${repository} ${tag}`, existing(repository, image))
    },
    remove(repository, tag) {
      if (tag !== undefined) return void tags.delete(`${repository} ${tag}`)
      for (const kept of [manifests, tags])
        for (const key of kept.keys()) if (key.startsWith(`${repository} `)) kept.delete(key)
    },
  }
}

/** Longer paths need an extension of the archive format. */
const MAX_PATH_BYTES = 100

function requireImageOptions({ platforms, layers = 1, layerBytes = 0, format = 'oci', annotations }: ImageOptions) {
  const wrong = (option: string, right: string, value: unknown) => {
    throw new UsageError(`upstream.image: ${option} ${right}, not ${JSON.stringify(value)}`)
  }
  const platform = platforms?.find((name) => !/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9]+)?$/.test(name))
  if (platform !== undefined || platforms?.length === 0)
    wrong('platforms', "are a list such as ['linux/amd64', 'linux/arm64/v8']", platform ?? platforms)
  if (typeof layers === 'number' && !isCount(layers, 1)) wrong('layers', 'is a whole number, 1 or more', layers)
  if (!isCount(layerBytes, 0)) wrong('layerBytes', 'is a whole number, 0 or more', layerBytes)
  if (format === 'docker' && annotations) wrong('annotations', 'need the format oci', format)
  if (typeof layers === 'number') return
  if (layers.length === 0) wrong('layers', 'is a list of one layer or more', layers)
  for (const { files = {}, bytes = 0 } of layers) {
    if (!isCount(bytes, 0)) wrong('bytes of a layer', 'is a whole number, 0 or more', bytes)
    const path = Object.keys(files).find(
      (name) => Buffer.byteLength(name) > MAX_PATH_BYTES || !/^[^/].*[^/]$|^[^/]$/.test(name),
    )
    if (path !== undefined)
      wrong('files of a layer', `have paths such as 'etc/motd', of ${MAX_PATH_BYTES} bytes at most`, path)
  }
}

const isCount = (value: number, least: number) => Number.isSafeInteger(value) && value >= least
