import { exclusionNotFound } from '../../../../../registry/pull-times/pull-time-errors.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeregisterPullTimeUpdateExclusion.html
 *
 * @exact From then on pulls by the role or user are recorded again.
 * @inferred The message for an exclusion that does not exist is the API reference's description.
 */
export const deregisterPullTimeUpdateExclusion: Operation<'DeregisterPullTimeUpdateExclusion'> = {
  resources: wholeRegistry,

  async run({ principalArn }, { registry, store }) {
    if (!(await store.pullTimeExclusions.remove(registry, principalArn))) throw exclusionNotFound()
    return { principalArn }
  },
}
