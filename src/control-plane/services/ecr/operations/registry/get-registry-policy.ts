import { registryPolicyNotFound } from '../../../../../registry/errors.js'
import { REGISTRY_POLICY } from '../../../../../registry/ports/store.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRegistryPolicy.html
 *
 * @exact The text as it was put.
 * @inferred The message when there is none is second-hand.
 */
export const getRegistryPolicy: Operation<'GetRegistryPolicy'> = {
  resources: wholeRegistry,

  async run(_input, { registry, store }) {
    const policy = await store.registryPolicies.get(registry, REGISTRY_POLICY)
    if (!policy) throw registryPolicyNotFound(registry.account)
    return { registryId: registry.account, policyText: policy.text }
  },
}
