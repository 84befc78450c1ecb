import type { AttachedPolicy } from '../iam/policy.js'
import type { Principal } from '../registry/principal.js'
import type { CredentialsOf } from './credentials.js'

/** Who there is: the users and roles of the configuration, and what their policies say. */
export interface Identities {
  /** Long-term credentials by access key id. */
  readonly credentialsOf: CredentialsOf
  /** The policies of a principal; undefined for one that the configuration does not know (any more). */
  policiesOf(principal: Principal): IdentityPolicies | undefined
  role(roleArn: string): Role | undefined
  /** Whether policies may name this as an AWS principal: an account, a user or role that is there, a session of such a role. */
  isPrincipal(principal: string): boolean
}

/** What a principal's own side of a decision consists of. */
export interface IdentityPolicies {
  readonly identity: readonly AttachedPolicy[]
  readonly boundary?: readonly AttachedPolicy[]
  readonly serviceControl?: readonly AttachedPolicy[]
  /** Tags of the user or role, without those of the session. */
  readonly tags: Readonly<Record<string, string>>
  /** `aws:username`: users have one, roles do not. */
  readonly userName?: string
}

/** A role that can be assumed. */
export interface Role {
  readonly arn: string
  readonly account: string
  readonly name: string
  readonly path: string
  /** `AROA…`, the first half of `aws:userid`. */
  readonly roleId: string
  readonly trustPolicy: AttachedPolicy
  /** The trust policy as it was written. */
  readonly trustPolicyDocument: object
  readonly maxSessionDurationSeconds: number
  readonly tags: Readonly<Record<string, string>>
}
