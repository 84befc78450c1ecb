import { acceptRegistryPolicy } from '../../../../../access/accept-policy.js'
import { unknownActions } from '../../../../../access/known-actions.js'
import { parseRegistryPolicy } from '../../../../../access/parsed-policies.js'
import { REGISTRY_POLICY } from '../../../../../registry/ports/store.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryPolicy.html
 *
 * @exact The policy takes effect at once; one refusal for every policy that is not accepted, in the captured words.
 * @inferred Which policies are refused: a resource has to name this account and Region; any account id is accepted,
 *   while users and roles have to be configured.
 */
export const putRegistryPolicy: Operation<'PutRegistryPolicy'> = {
  resources: wholeRegistry,

  async run({ policyText }, context) {
    const { registry, store, log } = context
    await store.registryPolicies.put(registry, REGISTRY_POLICY, acceptRegistryPolicy(policyText, registry, context))
    for (const warning of unknownActions(parseRegistryPolicy(policyText).all.policy)) log.warn({ ...registry }, warning)
    return { registryId: registry.account, policyText }
  },
}
