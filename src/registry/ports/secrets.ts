import type { UpstreamCredentials } from './upstream.js'

/** Secrets Manager, as far as pull through cache rules need it. */
export interface Secrets {
  /** The secret's content; undefined when no such secret exists. The ARN may carry AWS's six-character suffix. */
  get(arn: string): Promise<UpstreamCredentials | undefined>
}
