import { REPLICATION_ROLE } from '../../../../../registry/cache-rules/service-linked-role.js'
import { keyOf } from '../../../../../registry/ports/store.js'
import { installation } from '../../../../../registry/registry.js'
import { acceptRules } from '../../../../../registry/replication/accept-rules.js'
import {
  REPLICATION_CONFIGURATION,
  rulesAt,
  type ReplicationConfiguration,
} from '../../../../../registry/replication/replication-configuration.js'
import type { Context } from '../../../context.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { replicationRules, replicationShape } from '../../shapes/replication-shapes.js'

/**
 * The first configuration of an account also creates the service-linked role.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutReplicationConfiguration.html
 * @exact Rules, filters, limits, and the refusal of the registry itself as a destination; rules apply to what is pushed
 * from then on.
 * @inferred The messages for an unknown Region and for too many destinations. A Region is known if the AWS SDK lists it
 * in the partition of the source.
 * @notModelled Whether a Region is enabled for an account, and iam:CreateServiceLinkedRole of the caller.
 */
export const putReplicationConfiguration: Operation<'PutReplicationConfiguration'> = {
  resources: wholeRegistry,

  async run({ replicationConfiguration }, context) {
    const { registry, store, now } = context
    const rules = replicationRules(replicationConfiguration.rules)
    acceptRules(rules, registry)
    await store.transact(registry, async ({ replicationConfigurations }) => {
      const previous = await replicationConfigurations.get(registry, REPLICATION_CONFIGURATION)
      const putAt = now.getTime()
      const previousRules = previous ? rulesAt(previous, putAt) : []
      const configuration: ReplicationConfiguration = { rules, putAt, previousRules }
      await replicationConfigurations.put(registry, REPLICATION_CONFIGURATION, configuration)
    })
    await createRole(context)
    return { replicationConfiguration: replicationShape(rules) }
  },
}

async function createRole({ registry, store, now }: Context): Promise<void> {
  const role = { account: registry.account, roleName: REPLICATION_ROLE, createdAt: now.getTime() }
  await store.roles.insert(installation, keyOf(role.account, role.roleName), role)
}
