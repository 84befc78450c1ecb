import { keyOf, type Page } from '../../../../../registry/ports/store.js'
import { backfillReplicationKey, requireBackfill } from '../../../../../registry/replication/backfill-records.js'
import {
  type Backfill,
  type BackfillReplication,
  isTerminal,
} from '../../../../../registry/replication/replication-backfill.js'
import type { Context } from '../../../context.js'
import type { Input, Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { afterOf, limitOf, pageFrom, recordsFor, tokenOf } from '../../paging.js'
import { backfillResult, backfillSummary } from '../../shapes/backfill-shapes.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeReplicationBackfillResults.html
 * @exact Progress from the end of PREPARING, results only in a terminal status, pages of 100 up to 1000.
 * @inferred Replications that were not tried before a backfill ended have no result. The order of the results.
 */
export const describeReplicationBackfillResults: Operation<'DescribeReplicationBackfillResults'> = {
  resources: wholeRegistry,

  async run(input, context) {
    const { registry, store, now } = context
    const backfill = await requireBackfill(store, registry, input.replicationBackfillId, now)
    const page = isTerminal(backfill.status) ? await resultPage(input, backfill, context) : { items: [] }
    return {
      registryId: registry.account,
      ...backfillSummary(backfill),
      results: page.items.map(backfillResult),
      ...tokenOf(page),
    }
  },
}

async function resultPage(
  input: Input<'DescribeReplicationBackfillResults'>,
  { id, status }: Backfill,
  { registry, store }: Context,
): Promise<Page<BackfillReplication>> {
  const { resultStatusFilter } = input
  const [limit, after] = [limitOf('DescribeReplicationBackfillResults', input), afterOf(input)]
  const isFiltered = resultStatusFilter !== undefined || status !== 'COMPLETE'
  const { items, next } = await store.backfillReplications.list(registry, {
    limit: recordsFor(limit, isFiltered ? {} : undefined),
    prefix: keyOf(id, ''),
    ...(after !== undefined && { after }),
  })
  const selected = items.filter(({ result }) =>
    resultStatusFilter === undefined ? result !== undefined : result?.status === resultStatusFilter,
  )
  const entries = selected.map((item) => ({ key: backfillReplicationKey(item), item }))
  return pageFrom(limit, entries, next)
}
