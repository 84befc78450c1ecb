/**
 * The name of the role that imports of the pull through cache use. It is created with the first rule of an account.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-pullthroughcache.html
 */
export const SERVICE_LINKED_ROLE = 'AWSServiceRoleForECRPullThroughCache'

/** The service that may assume the role. Also the path of the role's ARN below `aws-service-role`. */
export const PULL_THROUGH_CACHE_SERVICE = 'pullthroughcache.ecr.amazonaws.com'

/** The ARN of an account's service-linked role. */
export const serviceLinkedRoleArn = (account: string): string =>
  `arn:aws:iam::${account}:role/aws-service-role/${PULL_THROUGH_CACHE_SERVICE}/${SERVICE_LINKED_ROLE}`

/** A role that the service created for itself; no configuration names it. */
export interface ServiceLinkedRole {
  readonly account: string
  readonly roleName: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}
