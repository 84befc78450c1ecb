import type { Image } from './image.js'
import { StoreUnavailable } from '../ports/key-value.js'
import type { Log } from '../ports/log.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'

/** A pull within a minute of the last recorded one is not written: a busy image would cost a write per pull. */
const PRECISION_MS = 60_000

/** Images whose pull is being written down: the pulls of a busy moment cost one write. */
const recording = new Set<string>()

/**
 * Remembers that an image was pulled, for DescribeImages' lastRecordedPullTime. The service promises a refresh at least
 * once in 24 hours; this is finer. Never rejects: a pull is not refused because it could not be written down.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
 */
export async function recordPull(
  { store, log }: { readonly store: Pick<Records, 'images'>; readonly log: Log },
  registry: Registry,
  { repository, digest, lastPulledAt }: Image,
  now: Date,
): Promise<void> {
  if (lastPulledAt !== undefined && now.getTime() - lastPulledAt < PRECISION_MS) return
  const name = keyOf(registry.account, registry.region, repository, digest)
  if (recording.has(name)) return
  recording.add(name)
  try {
    const pulled = (image: Image) => ({ ...image, lastPulledAt: now.getTime() })
    await store.images.update(registry, keyOf(repository, digest), pulled)
  } catch (err) {
    // While the store is away, pulls by digest go on, and each of them ends up here.
    if (err instanceof StoreUnavailable) log.debug({ repository, digest }, 'a pull was not recorded: the store is away')
    else log.warn({ err, repository, digest }, 'a pull was not recorded')
  } finally {
    recording.delete(name)
  }
}
