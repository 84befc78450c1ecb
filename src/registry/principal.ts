/** Who calls: an IAM user of the configuration, or an account's root. */
export interface Principal {
  readonly arn: string
  readonly account: string
  readonly userId: string
}
