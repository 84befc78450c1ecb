import { UsageError } from '../../config/usage-error.js'
import { imageName } from './image-matcher.js'
import { type ImageOptions, requireImageOptions } from './image-options.js'
import { type Content, digestOf, type Manifest } from './upstream-content.js'
import {
  makeImage,
  makeReferrer,
  type ReferrerOptions,
  type UpstreamArtifact,
  type UpstreamImage,
} from './upstream-image.js'

/** An image or artifact, or its digest. */
export type ImageDigest = Pick<UpstreamArtifact, 'digest'> | string

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
  const keepBlob = (bytes: Buffer) => void blobs.set(digestOf(bytes), bytes)
  const keep = (repository: string, manifest: Manifest): UpstreamArtifact => {
    const { digest, mediaType, bytes } = manifest
    manifests.set(`${repository} ${digest}`, manifest)
    return { repository, digest, mediaType, size: bytes.length }
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
    referrer(subject, options) {
      const { manifest, blobs: parts } = makeReferrer(subject, options)
      parts.forEach(keepBlob)
      return keep(subject.repository, manifest)
    },
    tag(repository, tag, image) {
      imageName(`${repository}:${tag}`)
      tags.set(`${repository} ${tag}`, requiredDigest(content, repository, image))
    },
    remove(repository, tag) {
      if (tag !== undefined) return void tags.delete(`${repository} ${tag}`)
      for (const kept of [manifests, tags])
        for (const key of kept.keys()) if (key.startsWith(`${repository} `)) kept.delete(key)
    },
  }
}

/** The digest of an image of a repository. Throws UsageError if there is no such image. */
export function requiredDigest({ manifests }: Content, repository: string, image: ImageDigest | undefined): string {
  const digest = typeof image === 'string' ? image : image?.digest
  if (digest === undefined)
    throw new UsageError(`Which image of ${repository}? Give what upstream.image() has returned, or a digest`)
  if (manifests.has(`${repository} ${digest}`)) return digest
  throw new UsageError(`The upstream has no image ${repository}@${digest}: make it with upstream.image()`)
}
