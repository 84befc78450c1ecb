import type { Readable } from 'node:stream'

/** The registries we pull through from, one connection pool each. */
export interface Upstreams {
  /**
   * The registry behind a rule's `upstreamRegistryUrl` (a bare host name), asked for the registry of `account`: what one
   * account has under way leaves room for the others.
   * Never throws: what is wrong with a host shows when it is asked.
   */
  of(host: string, account: string, credentials?: UpstreamCredentials): Upstream
  close(): Promise<void>
}

/** What a Secrets Manager secret `ecr-pullthroughcache/…` holds. */
export interface UpstreamCredentials {
  username: string
  accessToken: string
}

/** A registry we pull through from. Every method throws UpstreamFailure when it has no answer to give. */
export interface Upstream {
  /** The digest a tag has now, by HEAD; undefined where the upstream does not say, and then `manifest` must be asked. */
  resolve(repository: string, tag: string): Promise<string | undefined>
  /** A manifest by tag or digest, verified against the digest asked for. */
  manifest(repository: string, reference: string): Promise<UpstreamManifest>
  /**
   * A blob's bytes from `from` (default 0) on, not yet verified; the answer's `size` is the whole blob's. One that a
   * manifest says to be small (`expectedSize`) does not wait behind large ones.
   */
  blob(repository: string, digest: string, from?: number, expectedSize?: number): Promise<BlobResponse>
  /** Whether the registry has a blob in this repository, by HEAD: false for a 404, UpstreamFailure for any other refusal. */
  hasBlob(repository: string, digest: string): Promise<boolean>
  /**
   * What names an image of this digest as its subject: by the referrers API, or the tag that stands in for it where the
   * registry has none.
   * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
   */
  referrers(repository: string, digest: string, atMost: number): Promise<UpstreamReferrers>
  /** Reaches and logs in to the registry; throws UpstreamFailure saying why it could not. */
  ping(): Promise<void>
}

/** A blob that begins to come. */
export interface BlobResponse {
  size: number | undefined
  body: Readable
}

/** The digests of manifests that refer to an image. */
export interface UpstreamReferrers {
  digests: string[]
  /** Whether there are more. */
  isTruncated: boolean
}

/** A manifest as the upstream gave it. */
export interface UpstreamManifest {
  digest: string
  mediaType: string
  bytes: Buffer
}

/** Why an upstream gave no usable answer, in the terms ECR's errors distinguish. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure'
  constructor(
    readonly kind: 'not-found' | 'access-denied' | 'too-many-requests' | 'unavailable' | 'no-route',
    message: string,
    /** True where the upstream did answer (a 404, a 403): a check that got this one counts as answered. */
    readonly isAnswer = kind === 'not-found' || kind === 'access-denied',
  ) {
    super(message)
  }
}
