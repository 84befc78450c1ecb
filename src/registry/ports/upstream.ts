import type { Readable } from 'node:stream'
import type { PullThroughCacheRule } from '../cache-rules/cache-rule.js'
import type { Registry } from '../registry.js'

/** The upstream registries. Each has its own connection pool. */
export interface Upstreams {
  /**
   * The registry at a rule's `upstreamRegistryUrl` (a host name), for requests on behalf of `account`, whose transfers
   * must not use up the connections of other accounts. Never throws: an invalid host fails with the first request.
   */
  of(host: string, account: string, credentials?: UpstreamCredentials): Upstream
  close(): Promise<void>
}

/** The upstreams as rules name them: with their login, and also those that are registries of this installation. */
export interface RuleUpstreams {
  /** The upstream of a rule of a registry. Never throws: a login that fails makes every method fail. */
  of(rule: PullThroughCacheRule, registry: Registry): Upstream
}

/** The content of a Secrets Manager secret `ecr-pullthroughcache/…`. */
export interface UpstreamCredentials {
  username: string
  accessToken: string
}

/** An upstream registry. Every method throws UpstreamFailure if it gets no usable answer. */
export interface Upstream {
  /**
   * Set if the upstream is another registry of this installation: it is reached without the network, and what it says
   * about its layers is as true as our own records.
   */
  readonly isInProcess?: true
  /**
   * The current digest of a tag, by HEAD; undefined if the response contains none, and then `manifest` must be called.
   */
  resolve(repository: string, tag: string): Promise<string | undefined>
  /** A manifest by tag or by digest. Its bytes are verified against the digest. */
  manifest(repository: string, reference: string): Promise<UpstreamManifest>
  /**
   * The bytes of a blob from position `from` (default 0), not verified; `size` in the response is that of the whole
   * blob. A blob that is small according to its manifest (`expectedSize`) does not wait for large ones.
   */
  blob(repository: string, digest: string, from?: number, expectedSize?: number): Promise<BlobResponse>
  /** Whether the repository has a blob, by HEAD: false for a 404. Throws UpstreamFailure for any other error. */
  hasBlob(repository: string, digest: string): Promise<boolean>
  /**
   * The referrers of an image, from the referrers API or, if the registry does not have it, from its fallback tag.
   * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
   */
  referrers(repository: string, digest: string, atMost: number): Promise<UpstreamReferrers>
  /** Connects and logs in to the registry. Throws UpstreamFailure with the reason if that fails. */
  ping(): Promise<void>
}

/** The response to a request for a blob. Its body is still being received. */
export interface BlobResponse {
  size: number | undefined
  body: Readable
  /** Says that a chunk of the body is no longer needed, so that later bytes may be received into its memory. */
  reuse?: (chunk: Uint8Array) => void
}

/** The digests of an image's referrers. */
export interface UpstreamReferrers {
  digests: string[]
  /** Whether there are more than were requested. */
  isTruncated: boolean
}

/** A manifest as the upstream sent it. */
export interface UpstreamManifest {
  digest: string
  mediaType: string
  bytes: Buffer
}

/** Why an upstream gave no usable answer, in the kinds that ECR's errors distinguish. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure'
  constructor(
    readonly kind: 'not-found' | 'access-denied' | 'too-many-requests' | 'unavailable' | 'no-route',
    message: string,
    /** Whether the upstream did respond (with a 404 or a 403), so that a freshness check counts as completed. */
    readonly isAnswer = kind === 'not-found' || kind === 'access-denied',
  ) {
    super(message)
  }
}
