/**
 * The name of the role that imports of the pull through cache use. It is created with the first rule of an account.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-pullthroughcache.html
 */
export const SERVICE_LINKED_ROLE = 'AWSServiceRoleForECRPullThroughCache'

/**
 * The name of the role that replication uses. It is created with the first replication configuration of an account.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-replication.html
 */
export const REPLICATION_ROLE = 'AWSServiceRoleForECRReplication'

/** The service that may assume each service-linked role. Also the path of the role's ARN below `aws-service-role`. */
export const serviceOfRole: ReadonlyMap<string, string> = new Map([
  [SERVICE_LINKED_ROLE, 'pullthroughcache.ecr.amazonaws.com'],
  [REPLICATION_ROLE, 'replication.ecr.amazonaws.com'],
])

/** The ARN of an account's service-linked role, of the pull through cache unless another is named. */
export const serviceLinkedRoleArn = (account: string, roleName: string = SERVICE_LINKED_ROLE): string =>
  `arn:aws:iam::${account}:role/aws-service-role/${serviceOfRole.get(roleName) ?? ''}/${roleName}`

/** A role that the service created for itself; no configuration names it. */
export interface ServiceLinkedRole {
  readonly account: string
  readonly roleName: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}
