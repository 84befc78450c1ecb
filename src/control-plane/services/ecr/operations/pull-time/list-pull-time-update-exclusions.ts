import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { pageOf, tokenOf } from '../../paging.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListPullTimeUpdateExclusions.html
 *
 * @exact Pages of 100 ARNs, or of up to 1,000 on request.
 * @inferred The ARNs are in alphabetical order.
 */
export const listPullTimeUpdateExclusions: Operation<'ListPullTimeUpdateExclusions'> = {
  resources: wholeRegistry,

  async run(input, { registry, store }) {
    const page = await store.pullTimeExclusions.list(registry, pageOf('ListPullTimeUpdateExclusions', input))
    return { pullTimeUpdateExclusions: page.items.map(({ principalArn }) => principalArn), ...tokenOf(page) }
  },
}
