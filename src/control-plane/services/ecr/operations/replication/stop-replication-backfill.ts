import { stopBackfill } from '../../../../../registry/replication/backfill-records.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { backfillShape } from '../../shapes/backfill-shapes.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StopReplicationBackfill.html
 * @exact What was copied stays, and copies in progress are completed; refused unless it is PREPARING or IN_PROGRESS.
 * @inferred A backfill that is PREPARING is STOPPED at once, one IN_PROGRESS is STOPPING first.
 */
export const stopReplicationBackfill: Operation<'StopReplicationBackfill'> = {
  resources: wholeRegistry,

  async run({ replicationBackfillId }, { registry, store, now }) {
    return backfillShape(await stopBackfill(store, registry, replicationBackfillId, now), registry)
  },
}
