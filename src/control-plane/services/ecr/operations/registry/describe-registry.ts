import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRegistry.html */
export const describeRegistry: Operation<'DescribeRegistry'> = {
  resources: wholeRegistry,

  async run(_input, { registry }) {
    return { registryId: registry.account, replicationConfiguration: { rules: [] } }
  },
}
