import type { Readable } from 'node:stream'

/** The registries we pull through from, one connection pool each. */
export interface Upstreams {
  /**
   * The registry behind a rule's `upstreamRegistryUrl` (a bare host name).
   * Never throws: what is wrong with a host shows when it is asked.
   */
  of(host: string, credentials?: UpstreamCredentials): Upstream
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
  /** A blob's bytes from `from` (default 0) on, not yet verified; `size` is the whole blob's. */
  blob(repository: string, digest: string, from?: number): Promise<{ size: number | undefined; body: Readable }>
  /** Whether the registry has a blob in this repository, by HEAD: false for a 404, UpstreamFailure for any other refusal. */
  hasBlob(repository: string, digest: string): Promise<boolean>
  /** Reaches and logs in to the registry; throws UpstreamFailure saying why it could not. */
  ping(): Promise<void>
}

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
    readonly answered = kind === 'not-found' || kind === 'access-denied',
  ) {
    super(message)
  }
}
