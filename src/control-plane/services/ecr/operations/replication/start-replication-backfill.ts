import { startBackfill } from '../../../../../registry/replication/backfill-records.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { backfillShape } from '../../shapes/backfill-shapes.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartReplicationBackfill.html
 * @exact One active backfill for each destination Region, ten in a registry, and the statuses; it ends FAILED when half
 * of at least 100 replications have failed.
 * @inferred The message for a destination that is not configured, and the failure codes. An untagged image that an
 * index lists is copied with the index and not counted by itself. What is not complete yet is tried up to six times.
 */
export const startReplicationBackfill: Operation<'StartReplicationBackfill'> = {
  resources: wholeRegistry,

  async run({ destination: { region, registryId } }, { registry, store, ids, now }) {
    const destination = { region, registryId }
    return backfillShape(await startBackfill(store, registry, { id: ids.uuid(), destination, now }), registry)
  },
}
