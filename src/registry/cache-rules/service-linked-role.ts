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

/** The service that may assume the role. Also the path of the role's ARN below `aws-service-role`. */
export const PULL_THROUGH_CACHE_SERVICE = 'pullthroughcache.ecr.amazonaws.com'

/**
 * The name of the role with which ECR creates repositories by a creation template that has no role of its own. It is
 * created with the first template of an account.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-rct.html
 */
export const TEMPLATE_ROLE = 'AWSServiceRoleForECRTemplate'

/** The service that may assume the role of templates, and their custom roles. */
export const TEMPLATE_SERVICE = 'ecr.amazonaws.com'

/** Every service-linked role by its name, and the service that may assume it. */
export const serviceLinkedRoles: Readonly<Partial<Record<string, string>>> = {
  [SERVICE_LINKED_ROLE]: PULL_THROUGH_CACHE_SERVICE,
  [TEMPLATE_ROLE]: TEMPLATE_SERVICE,
  [REPLICATION_ROLE]: 'replication.ecr.amazonaws.com',
}

/** The ARN of a service-linked role of an account; of the cache's, if none is named. */
export const serviceLinkedRoleArn = (account: string, roleName = SERVICE_LINKED_ROLE): string =>
  `arn:aws:iam::${account}:role/aws-service-role/${serviceLinkedRoles[roleName] ?? ''}/${roleName}`

/** A role that the service created for itself; no configuration names it. */
export interface ServiceLinkedRole {
  readonly account: string
  readonly roleName: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}
