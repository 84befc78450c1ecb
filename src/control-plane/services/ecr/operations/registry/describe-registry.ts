import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRegistry.html
 *
 * @exact The registry's id and its replication configuration.
 */
export const describeRegistry: Operation<'DescribeRegistry'> = {
  resources: wholeRegistry,

  async run(_input, { registry }) {
    return { registryId: registry.account, replicationConfiguration: { rules: [] } }
  },
}
