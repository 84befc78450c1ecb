import { registerExclusion } from '../../../../../registry/pull-times/excluded-principals.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RegisterPullTimeUpdateExclusion.html
 *
 * @exact Pulls by an excluded role or user, on both planes, leave lastRecordedPullTime as it is. A registry has up to
 *   100 exclusions (`quotas.pullTimeUpdateExclusions`); only the form of the ARN is checked.
 * @inferred Sessions of an excluded role count as the role. The messages are the API reference's descriptions.
 */
export const registerPullTimeUpdateExclusion: Operation<'RegisterPullTimeUpdateExclusion'> = {
  resources: wholeRegistry,

  async run({ principalArn }, { registry, store, now, quotas }) {
    await registerExclusion(store, registry, { principalArn, createdAt: now.getTime() }, quotas)
    return { principalArn, createdAt: now }
  },
}
