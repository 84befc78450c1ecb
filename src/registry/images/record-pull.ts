import type { Image } from './image.js'
import { StoreUnavailable } from '../ports/key-value.js'
import type { Log } from '../ports/log.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Principal } from '../principal.js'
import { isExcluded } from '../pull-times/excluded-principals.js'
import type { Registry } from '../registry.js'

/** A pull within a minute of the last recorded one is not recorded: a busy image would cost a write per pull. */
const PRECISION_MS = 60_000

/**
 * Records when an image was pulled, for DescribeImages' lastRecordedPullTime. Never rejects: a pull is not refused
 * because it could not be recorded.
 */
export type RecordPullTime = (registry: Registry, image: Image, pull: RecordedPull) => Promise<void>

/** Who pulled an image, and when. */
export interface RecordedPull {
  readonly principal: Pick<Principal, 'arn' | 'session'>
  readonly now: Date
  readonly log: Log
}

/**
 * The recorder of one process: while a pull of an image is being recorded, further pulls of it cost no write. Whether
 * the caller is excluded is read only for a pull that would be recorded. The
 * service promises a refresh at least once in 24 hours; this is finer.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
 */
export function pullTimeRecorder(store: Pick<Records, 'images' | 'pullTimeExclusions'>): RecordPullTime {
  const inProgress = new Set<string>()
  return async (registry, { repository, digest, lastPulledAt }, { principal, now, log }) => {
    if (lastPulledAt !== undefined && now.getTime() - lastPulledAt < PRECISION_MS) return
    const name = keyOf(registry.account, registry.region, repository, digest)
    if (inProgress.has(name)) return
    inProgress.add(name)
    try {
      if (await isExcluded(store, registry, principal)) return
      const withPullTime = (image: Image) => ({ ...image, lastPulledAt: now.getTime() })
      await store.images.update(registry, keyOf(repository, digest), withPullTime)
    } catch (err) {
      // While the store is unavailable, pulls by digest are still served, and each of them fails to be recorded.
      const facts = { repository, digest }
      if (err instanceof StoreUnavailable) log.debug(facts, 'a pull could not be recorded: the store is unavailable')
      else log.warn({ err, ...facts }, 'a pull could not be recorded')
    } finally {
      inProgress.delete(name)
    }
  }
}
