import { acceptRegistryPolicy } from '../../../access/accept-policy.js'
import { REGISTRY_POLICY } from '../../../registry/ports/store.js'
import type { Operation } from '../operation.js'
import { wholeRegistry } from '../resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryPolicy.html */
export const putRegistryPolicy: Operation<'PutRegistryPolicy'> = {
  resources: wholeRegistry,

  async run({ policyText }, context) {
    const { registry, store } = context
    await store.registryPolicies.put(registry, REGISTRY_POLICY, acceptRegistryPolicy(policyText, registry, context))
    return { registryId: registry.account, policyText }
  },
}
