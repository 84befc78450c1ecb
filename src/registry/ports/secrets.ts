import type { UpstreamCredentials } from './upstream.js'

/** The part of Secrets Manager that pull through cache rules need. */
export interface Secrets {
  /**
   * The content of a secret; undefined if there is no such secret. The ARN may end in AWS's six-character suffix.
   * `isFresh` asks for the present content, where a copy may be up to a minute old. Throws SecretFailure.
   */
  get(arn: string, options?: { readonly isFresh?: boolean }): Promise<UpstreamCredentials | undefined>
}

/** Why a secret that exists, or may exist, could not be used. */
export class SecretFailure extends Error {
  override readonly name = 'SecretFailure'
  constructor(
    /**
     * `inaccessible`: reading it is refused. `undecryptable`: it is encrypted with a key that may not be used.
     * `malformed`: it is not JSON with `username` and `accessToken`. `unavailable`: Secrets Manager gave no answer.
     */
    readonly kind: 'inaccessible' | 'undecryptable' | 'malformed' | 'unavailable',
    message: string,
  ) {
    super(message)
  }
}
