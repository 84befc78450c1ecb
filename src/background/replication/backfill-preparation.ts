import { BATCH_SIZE } from '../../coordination/event-loop.js'
import { indexOfImage } from '../../registry/images/index-of-image.js'
import type { Image } from '../../registry/images/image.js'
import { imageStatus } from '../../registry/images/storage-class.js'
import { listEach } from '../../registry/list-records.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { backfillReplicationKey } from '../../registry/replication/backfill-records.js'
import {
  type Backfill,
  type BackfillReplication,
  withProgress,
  withPlanned,
} from '../../registry/replication/replication-backfill.js'
import {
  areReplicatedTo,
  REPLICATION_CONFIGURATION,
  type ReplicationRule,
} from '../../registry/replication/replication-configuration.js'
import type { PendingReplicationsDeps } from './pending-replications.js'

/** An image may have a thousand tags. */
const IMAGES_PER_PAGE = 100

/** Planned in one run. */
const MAX_PER_RUN = 2_000

/**
 * Plans the replications of a part of the images that match the registry's configuration: one for each tag of an image,
 * and one for an untagged image. An untagged image that an index lists is copied with the index.
 */
export async function prepareBackfill(
  { store, clock }: Pick<PendingReplicationsDeps, 'store' | 'clock'>,
  registry: Registry,
  backfill: Backfill,
): Promise<void> {
  const configuration = await store.replicationConfigurations.get(registry, REPLICATION_CONFIGURATION)
  const [rules, now] = [configuration?.rules ?? [], await clock.now()]
  const plan = batchedPlan(store, registry, backfill)
  let seen = 0
  const images = listEach(store.images, registry, { after: backfill.preparedAfter, firstPage: IMAGES_PER_PAGE })
  for await (const image of images) {
    const replications = await replicationsOf(store, registry, { image, rules, backfill, now })
    if (!(await plan.add(image, replications))) return
    if (++seen >= MAX_PER_RUN) return void (await plan.commit())
  }
  await plan.commit(withProgress)
}

/** Collects replications and records them in transactions that also record how far the plan is. */
function batchedPlan(store: Store, registry: Registry, { id }: Backfill) {
  let batch: BackfillReplication[] = []
  let after: string | undefined

  /** Returns false if the backfill is no longer PREPARING, because it was stopped. */
  async function commit(finish = (backfill: Backfill) => backfill): Promise<boolean> {
    const planned = batch
    batch = []
    return store.transact(registry, async ({ replicationBackfills, backfillReplications }) => {
      const backfill = await replicationBackfills.get(registry, id)
      if (backfill?.status !== 'PREPARING') return false
      for (const replication of planned)
        await backfillReplications.put(registry, backfillReplicationKey(replication), replication)
      await replicationBackfills.put(registry, id, finish(withPlanned(backfill, planned.length, after)))
      return true
    })
  }

  return {
    commit,
    async add({ repository, digest }: Image, replications: readonly BackfillReplication[]): Promise<boolean> {
      batch.push(...replications)
      after = keyOf(repository, digest)
      return batch.length < BATCH_SIZE || commit()
    },
  }
}

interface PlannedImage {
  readonly image: Image
  readonly rules: readonly ReplicationRule[]
  readonly backfill: Backfill
  readonly now: Date
}

/** Archived images are not replicated. */
async function replicationsOf(
  store: Store,
  registry: Registry,
  { image, rules, backfill, now }: PlannedImage,
): Promise<BackfillReplication[]> {
  const { repository, digest, tags } = image
  if (!areReplicatedTo(rules, repository, backfill.destination)) return []
  if (imageStatus(image, now) === 'ARCHIVED') return []
  const replication = { backfill: backfill.id, repository, digest }
  if (tags.length > 0) return tags.map((tag) => ({ ...replication, tag }))
  return (await indexOfImage(store, registry, image)) === undefined ? [replication] : []
}
