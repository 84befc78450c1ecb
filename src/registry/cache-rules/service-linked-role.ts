/**
 * The role pull through cache imports run as; it appears with a registry's first rule.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-pullthroughcache.html
 */
export const SERVICE_LINKED_ROLE = 'AWSServiceRoleForECRPullThroughCache'

/** Who may assume it, and the path its ARN has below `aws-service-role`. */
export const PULL_THROUGH_CACHE_SERVICE = 'pullthroughcache.ecr.amazonaws.com'

/** The ARN of an account's service-linked role, by the form AWS gives these. */
export const serviceLinkedRoleArn = (account: string): string =>
  `arn:aws:iam::${account}:role/aws-service-role/${PULL_THROUGH_CACHE_SERVICE}/${SERVICE_LINKED_ROLE}`
