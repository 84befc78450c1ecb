import { requireSecret } from '../../../../../registry/cache-rules/upstream-secret.js'
import { nothingToUpdate, pullThroughCacheRuleNotFound } from '../../../../../registry/errors.js'
import type { Operation } from '../../operation.js'
import { passedRole, wholeRegistry } from '../../operation-resources.js'
import { cacheRuleShape } from '../../shapes/cache-rule-shape.js'
import { requireRule } from '../../named-rule.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdatePullThroughCacheRule.html
 *
 * @exact Only the secret and the role can change, and both need what creating the rule needs; the captured message
 *   of an update with nothing to change.
 * @inferred That message comes before the one for a rule that does not exist. A rule whose upstream takes no
 *   secret may be given one, which is then sent.
 */
export const updatePullThroughCacheRule: Operation<'UpdatePullThroughCacheRule'> = {
  resources: (input) => [...wholeRegistry(), ...passedRole(input)],

  async run({ ecrRepositoryPrefix, credentialArn, customRoleArn }, context) {
    const { registry, store, secrets, now } = context
    if (credentialArn === undefined && customRoleArn === undefined) throw nothingToUpdate()
    const { ecrRepositoryPrefix: prefix } = await requireRule(ecrRepositoryPrefix, context)
    await requireSecret(credentialArn, registry, secrets)
    const updated = await store.rules.update(registry, prefix, (rule) => ({
      ...rule,
      ...(credentialArn !== undefined && { credentialArn }),
      ...(customRoleArn !== undefined && { customRoleArn }),
      updatedAt: now.getTime(),
    }))
    if (!updated) throw pullThroughCacheRuleNotFound()
    return { ...cacheRuleShape(updated, registry), updatedAt: new Date(updated.updatedAt) }
  },
}
