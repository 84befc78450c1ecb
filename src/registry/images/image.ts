/**
 * What we remember about an image: what lists need of its manifest, bounded in size whatever the manifest says. The
 * manifest's bytes are the blob of the same digest; `image-contents.ts` reads there what is not here.
 */
export interface Image {
  repository: string
  digest: string
  mediaType: string
  artifactType?: string
  /** Digest of the manifest this one refers to (OCI `subject`), whether or not it is here. */
  subject?: string
  /** Of one with a subject, whose referrers' list shows them; absent where they are long. */
  annotations?: Record<string, string>
  /** Set where the annotations are too long for the record. */
  annotationsInManifest?: true
  /** Bytes of the manifest itself. */
  manifestSize: number
  /** What DescribeImages calls imageSizeInBytes: the layers and the config. */
  imageSize: number
  /** Of an index: its imageSizeInBytes, as far as what it lists is here, so that describing it is one read. */
  wholeSize?: number
  /** The blobs an image manifest needs: config and layers. Empty for an index; absent where the manifest lists many. */
  blobs?: Descriptor[]
  /** The manifests an index lists. Empty for an image manifest; absent where the manifest lists many. */
  manifests?: Descriptor[]
  /** Kept in step with the tag records by the same transaction, so that describing an image is one read. */
  tags: string[]
  /** Since when it has those of its tags it did not get when it was pushed. */
  taggedAt?: [tag: string, at: number][]
  pushedAt: number
  /** Set where a cache rule brought the image first: its names may be the upstream's. */
  pulledThrough?: true
  lastPulledAt?: number
  /** Of an image that was pulled through: when its upstream was last asked what refers to it. */
  referrersCheck?: {
    /** When it last answered: the six hours run from here. */
    checkedAt: number
    /** When it last gave no answer: the 15 minutes run from here. */
    failedAt?: number
  }
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
  /**
   * Set on a pulled-through layer once its upstream has answered for the digest, or somebody has uploaded or mounted the
   * layer here. Before that, bytes that are here came some other way, and are no part of this repository.
   */
  isConfirmed?: true
  /** Set once an image was put with this layer: before that, nobody may download it. */
  isInImage?: true
  /** Set by the sweep before it looks once more whether anything needs the layer: who relies on it takes the mark off. */
  condemned?: true
}

/** `from` (an image) names `to`. Kept so that no image of an index is deleted and referrers are found by prefix. */
export interface Reference {
  repository: string
  /** `layer` is in state that the first version wrote: who needs a layer is told by the images. */
  kind: 'layer' | 'member' | 'subject'
  to: string
  from: string
}

/** How a caller names an image: by digest, by tag, or by both. */
export interface ImageId {
  imageDigest?: string
  imageTag?: string
}
