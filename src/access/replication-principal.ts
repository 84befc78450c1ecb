import { REPLICATION_ROLE, serviceLinkedRoleArn } from '../registry/cache-rules/service-linked-role.js'
import type { Principal } from '../registry/principal.js'
import { serviceSession } from './service-session.js'

/**
 * The principal on whose behalf replication asks the policies of a destination: a session of the service-linked role of
 * the source's account, which a policy names by the account. Which principal the service uses is not published.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-replication.html
 */
export const replicationPrincipal = (account: string): Principal =>
  serviceSession(
    { arn: serviceLinkedRoleArn(account, REPLICATION_ROLE), account, name: REPLICATION_ROLE },
    'ecr-replication',
  )
