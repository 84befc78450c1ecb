/** The caller of a request: an IAM user, an account's root user, or a session of a role or user. */
export interface Principal {
  /**
   * The ARN as error messages show it. For a role session, the STS ARN `arn:aws:sts::…:assumed-role/<role>/<session>`.
   */
  readonly arn: string
  readonly account: string
  readonly userId: string
  /** Present if temporary credentials were used. */
  readonly session?: Session
}

/**
 * A principal that is too long for the authorization tokens that name it: most often a role session with policies or
 * tags.
 */
export interface StoredPrincipal {
  /** The key: a hash of the id by which tokens name the principal. */
  readonly idHash: string
  /** The principal as JSON. Its signature is the id. */
  readonly text: string
  /** When no token can name it any more, in epoch milliseconds by the machine's clock. */
  readonly keptUntil: number
}

/**
 * The content of temporary credentials in addition to the principal. It is signed and part of the credentials; only
 * authorization tokens that would be too long refer to a stored copy.
 */
export interface Session {
  /**
   * The role whose permissions the session has. Absent for GetSessionToken, whose session has the user's permissions.
   */
  readonly roleArn?: string
  /** Texts of the session policies, which can only restrict permissions. */
  readonly policies?: readonly string[]
  /** Session tags, which become `aws:PrincipalTag/*` together with the tags of the role or user. */
  readonly tags?: Readonly<Record<string, string>>
  /** When the credentials were issued (`aws:TokenIssueTime`), in epoch milliseconds by the emulator's clock. */
  readonly issuedAt?: number
  /** The person or program behind the session (`aws:SourceIdentity`), which every session that it begins has, too. */
  readonly sourceIdentity?: string
  /** The ARN of the identity provider whose token the session was begun with (`aws:FederatedProvider`). */
  readonly federatedProvider?: string
  /** Keys of the session tags that are passed on when this session assumes another role. */
  readonly transitiveTagKeys?: readonly string[]
}
