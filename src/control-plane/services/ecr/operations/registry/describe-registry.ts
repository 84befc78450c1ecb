import { REPLICATION_CONFIGURATION } from '../../../../../registry/replication/replication-configuration.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { replicationShape } from '../../shapes/replication-shapes.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRegistry.html
 *
 * @exact The registry's id and its replication configuration, with an empty list of rules where none are configured.
 */
export const describeRegistry: Operation<'DescribeRegistry'> = {
  resources: wholeRegistry,

  async run(_input, { registry, store }) {
    const configuration = await store.replicationConfigurations.get(registry, REPLICATION_CONFIGURATION)
    return {
      registryId: registry.account,
      replicationConfiguration: replicationShape(configuration?.rules ?? []),
    }
  },
}
