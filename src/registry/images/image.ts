/**
 * The record of an image: what lists need from its manifest, bounded in size whatever the manifest says. The bytes of
 * the manifest are the blob of the same digest, from which `image-contents.ts` reads what is not in the record.
 */
export interface Image {
  repository: string
  digest: string
  mediaType: string
  artifactType?: string
  /** Digest of the manifest that this one refers to (OCI `subject`), which need not exist here. */
  subject?: string
  /** Only of an image with a subject, whose list of referrers shows them. Absent if they are long. */
  annotations?: Record<string, string>
  /** Set if the annotations are too long for the record. */
  annotationsInManifest?: true
  /** Bytes of the manifest. */
  manifestSize: number
  /** Bytes of the layers and the config: what DescribeImages calls imageSizeInBytes. */
  imageSize: number
  /** Of an index: its imageSizeInBytes, counting the members that exist here, so that describing it needs one read. */
  wholeSize?: number
  /** The config and the layers of an image. Empty for an index; absent if the manifest lists many. */
  blobs?: Descriptor[]
  /** The manifests that an index lists. Empty for an image; absent if the manifest lists many. */
  manifests?: Descriptor[]
  /** The same transaction updates these and the tag records, so that describing an image needs one read. */
  tags: string[]
  /** When tags were set, in epoch milliseconds, except those that were set when the image was pushed. */
  taggedAt?: [tag: string, at: number][]
  pushedAt: number
  /** Set if the image was first pulled through a cache rule, so that its tags may be the upstream's. */
  pulledThrough?: true
  /** Set if the image was pushed while layers were not required: the repository may lack some. */
  mayLackLayers?: true
  lastPulledAt?: number
  /** Present once the image has been archived. `storage-class.ts` computes its status from these times. */
  archive?: {
    archivedAt: number
    /** Set by a request to restore it: when it is, or will be, ACTIVE again. */
    activeFrom?: number
    /** The end of the restoration before the present archiving. */
    previouslyActiveFrom?: number
  }
  /** Only of a pulled-through image: when its upstream was last asked for its referrers. */
  referrersCheck?: {
    /** When it last answered. The interval of six hours starts here. */
    checkedAt: number
    /** When it last failed to answer. The 15 minutes until a retry start here. */
    failedAt?: number
  }
}

/** A content descriptor, https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md */
export interface Descriptor {
  digest: string
  size: number
  mediaType: string
}

/** The record of an image tag. */
export interface Tag {
  repository: string
  tag: string
  digest: string
  /** Present if the tag was pulled through a cache rule. A pushed tag is never checked in the upstream. */
  upstream?: {
    /** When the upstream last answered a check of this tag. The interval of 24 hours starts here. */
    checkedAt: number
    /** When a check last got no answer. The 15 minutes until a retry start here. */
    failedAt?: number
  }
}

/** The record that a repository has a layer. Its bytes are shared by digest between repositories. */
export interface Layer {
  repository: string
  digest: string
  size: number
  mediaType?: string
  /** True if the record was made by a pull through a cache rule. Its bytes may still be missing. */
  pulledThrough?: boolean
  /**
   * Set on a pulled-through layer once its upstream has sent it or confirmed that it has it, or a client has uploaded
   * or mounted it. Until then, bytes with this digest came from elsewhere and do not belong to this repository.
   */
  isConfirmed?: true
  /** Set once an image with this layer was put. Until then the layer cannot be downloaded. */
  isInImage?: true
  /** The mark of a sweep that is about to remove the record. A client that relies on the layer removes the mark. */
  condemned?: true
}

/**
 * The record that the image `from` names the digest `to`. It protects the images of an index from deletion, and lets
 * referrers be found by prefix.
 */
export interface Reference {
  repository: string
  /** `layer` occurs only in the state of the first version: the images themselves show which layers they need. */
  kind: 'layer' | 'member' | 'subject'
  to: string
  from: string
}

/** How a client names an image: by digest, by tag, or by both. */
export interface ImageId {
  imageDigest?: string
  imageTag?: string
}
