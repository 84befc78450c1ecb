import { registryPolicyNotFound } from '../../../../../registry/errors.js'
import { REGISTRY_POLICY } from '../../../../../registry/ports/store.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRegistryPolicy.html
 *
 * @exact Answers the text of the deleted policy.
 * @inferred The message when there is none is second-hand.
 */
export const deleteRegistryPolicy: Operation<'DeleteRegistryPolicy'> = {
  resources: wholeRegistry,

  async run(_input, { registry, store }) {
    const removed = await store.registryPolicies.remove(registry, REGISTRY_POLICY)
    if (!removed) throw registryPolicyNotFound(registry.account)
    return { registryId: registry.account, policyText: removed.text }
  },
}
