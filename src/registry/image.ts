/** What we remember about an image: its manifest's facts. The manifest's bytes are the blob of the same digest. */
export interface Image {
  repository: string
  digest: string
  mediaType: string
  artifactType?: string
  /** Digest of the manifest this one refers to (OCI `subject`), whether or not it is here. */
  subject?: string
  annotations?: Record<string, string>
  /** Bytes of the manifest itself. */
  manifestSize: number
  /** What DescribeImages calls imageSizeInBytes: the layers and the config. */
  imageSize: number
  /** The blobs an image manifest needs: config and layers. Empty for an index. */
  blobs: Descriptor[]
  /** The manifests an index lists. Empty for an image manifest. */
  manifests: Descriptor[]
  /** Kept in step with the tag records by the same transaction, so that describing an image is one read. */
  tags: string[]
  pushedAt: number
  lastPulledAt?: number
}

/** A content descriptor, https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md */
export interface Descriptor {
  digest: string
  size: number
  mediaType: string
}

/** A name for an image. Moving it is one write. */
export interface Tag {
  repository: string
  tag: string
  digest: string
  /** Present on a tag that was pulled through a cache rule; a pushed tag is never checked upstream. */
  upstream?: {
    /** When the upstream last answered a check of this tag: the 24 hours run from here. */
    checkedAt: number
    /** When a check last got no answer: the 15 minutes run from here. */
    failedAt?: number
  }
}

/** Membership "this repository has this layer"; the bytes are shared by digest across repositories. */
export interface Layer {
  repository: string
  digest: string
  size: number
  mediaType?: string
  /** True where a pull through brought the record; its bytes may still be on their way. */
  pulledThrough?: boolean
}

/** `from` (an image) needs or names `to`. Kept so that nothing in use is deleted and referrers are found by prefix. */
export interface Reference {
  repository: string
  kind: 'layer' | 'member' | 'subject'
  to: string
  from: string
}

/** How a caller names an image: by digest, by tag, or by both. */
export interface ImageId {
  imageDigest?: string
  imageTag?: string
}
