import type { Image } from './image.js'
import { keyOf, type Records } from './ports/store.js'
import type { Registry } from './registry.js'

/** A pull within a minute of the last recorded one is not written: a busy image would cost a write per pull. */
const PRECISION_MS = 60_000

/**
 * Remembers that an image was pulled, for DescribeImages' lastRecordedPullTime. The service promises a refresh at least
 * once in 24 hours; this is finer.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
 */
export async function recordPull(
  { images }: Pick<Records, 'images'>,
  registry: Registry,
  { repository, digest, lastPulledAt }: Image,
  now: Date,
): Promise<void> {
  if (lastPulledAt !== undefined && now.getTime() - lastPulledAt < PRECISION_MS) return
  await images.update(registry, keyOf(repository, digest), (image) => ({ ...image, lastPulledAt: now.getTime() }))
}
