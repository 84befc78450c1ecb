import { keptBackfills } from '../../../../../registry/replication/backfill-records.js'
import type { Backfill } from '../../../../../registry/replication/replication-backfill.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { afterOf, limitOf, pageFrom, tokenOf } from '../../paging.js'
import { backfillSummary } from '../../shapes/backfill-shapes.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListReplicationBackfills.html
 * @exact Pages of 25, and backfills are returned for 90 days after their end.
 * @inferred The latest comes first.
 */
export const listReplicationBackfills: Operation<'ListReplicationBackfills'> = {
  resources: wholeRegistry,

  async run(input, { registry, store, now }) {
    const [limit, after] = [limitOf('ListReplicationBackfills', input), afterOf(input)]
    const backfills = await keptBackfills(store, registry, now)
    const entries = backfills.map((item) => ({ key: keyInList(item), item }))
    const page = pageFrom(limit, after === undefined ? entries : entries.filter(({ key }) => key > after), undefined)
    return { registryId: registry.account, backfills: page.items.map(backfillSummary), ...tokenOf(page) }
  },
}

/** Later than any time in milliseconds. */
const END_OF_TIME = 999_999_999_999_999

/** In the order of the list, so that a page begins at its place whatever was started meanwhile. */
const keyInList = ({ startedAt, id }: Backfill) => `${END_OF_TIME - startedAt} ${id}`
