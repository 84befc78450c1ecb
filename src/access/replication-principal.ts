import { REPLICATION_ROLE, serviceLinkedRoleArn } from '../registry/cache-rules/service-linked-role.js'
import type { Principal } from '../registry/principal.js'
import { uniqueId } from './principal-ids.js'

/**
 * The principal on whose behalf replication asks the policies of a destination: a session of the service-linked role of
 * the source's account, which a policy names by the account. Which principal the service uses is not published.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-replication.html
 */
export function replicationPrincipal(account: string): Principal {
  const roleArn = serviceLinkedRoleArn(account, REPLICATION_ROLE)
  const session = 'ecr-replication'
  return {
    arn: `arn:aws:sts::${account}:assumed-role/${REPLICATION_ROLE}/${session}`,
    account,
    userId: `${uniqueId('AROA', roleArn)}:${session}`,
    session: { roleArn },
  }
}
