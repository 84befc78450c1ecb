import { acceptRegistryPolicy, REGISTRY_POLICY } from '../../../registry/policy-text.js'
import type { Operation } from '../operation.js'
import { wholeRegistry } from '../resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryPolicy.html */
export const putRegistryPolicy: Operation<'PutRegistryPolicy'> = {
  resources: wholeRegistry,

  async run({ policyText }, { registry, store }) {
    await store.registryPolicies.put(registry, REGISTRY_POLICY, acceptRegistryPolicy(policyText))
    return { registryId: registry.account, policyText }
  },
}
