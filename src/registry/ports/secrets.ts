import type { UpstreamCredentials } from './upstream.js'

/** The part of Secrets Manager that pull through cache rules need. */
export interface Secrets {
  /** The content of a secret; undefined if there is no such secret. The ARN may end in AWS's six-character suffix. */
  get(arn: string): Promise<UpstreamCredentials | undefined>
}
