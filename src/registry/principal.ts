/** Who calls: an IAM user, an account's root, or a session of a role or user. */
export interface Principal {
  /** As denials name it; of a role's session the STS ARN `arn:aws:sts::…:assumed-role/<role>/<session>`. */
  readonly arn: string
  readonly account: string
  readonly userId: string
  /** Set where temporary credentials were used. */
  readonly session?: Session
}

/** What temporary credentials say beyond who holds them; they carry it themselves, signed, so no record is kept. */
export interface Session {
  /** The role whose permissions the session has; a user's own session (GetSessionToken) has the user's. */
  readonly roleArn?: string
  /** Texts of the session policies, which only take away. */
  readonly policies?: readonly string[]
  /** Session tags: `aws:PrincipalTag/*` beside the tags of the role or user. */
  readonly tags?: Readonly<Record<string, string>>
  /** When the credentials were issued, epoch milliseconds by the emulator's clock: `aws:TokenIssueTime`. */
  readonly issuedAt?: number
  /** Tags that go along when this session assumes another role. */
  readonly transitiveTagKeys?: readonly string[]
}
