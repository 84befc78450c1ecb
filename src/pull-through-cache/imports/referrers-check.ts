import pLimit from 'p-limit'
import type { Image } from '../../registry/images/image.js'
import type { PutOutcome } from '../../registry/images/image-registration.js'
import { NEVER } from '../../registry/cache-rules/cache-rule.js'
import { keyOf } from '../../registry/ports/store.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import type { Telemetry } from '../telemetry.js'
import { actionFacts, flightKey, type ImportDeps, importManifest, type ManifestImport } from './manifest-import.js'

/** Typically an image has a signature, a bill of materials, and one or two attestations for each of its builders. */
const MAX_REFERRERS = 500

/** How many manifests of one check are fetched at the same time. */
const CONCURRENCY = 6

/**
 * Asks the upstream for the referrers of a cached image, imports those that are not stored yet, and returns them. An
 * answer restarts the six hours until the next check; a failure starts the 15 minutes until a retry, leaves cached
 * referrers in place, and is reported by the event. Concurrent requests share one check (single-flight, also across
 * processes), which evaluates `isDue` once more before it begins.
 */
export function checkReferrers(
  subject: ManifestImport,
  isDue: (image: Image) => boolean,
  deps: ImportDeps,
  telemetry: Telemetry,
): Promise<PutOutcome[]> {
  return deps.singleFlight.do(`referrers ${flightKey(subject)}`, async () => {
    const image = await deps.storage.store.images.get(subject.registry, imageKey(subject))
    if (!image || !isDue(image)) return []
    const now = subject.now.getTime()
    const outcomes: PutOutcome[] = []
    try {
      deps.sources.requireRoute(subject.source)
      await importReferrers(subject, outcomes, deps, telemetry)
      await recordCheck(subject, { checkedAt: now }, deps, telemetry)
    } catch (error) {
      const failure = error as Error
      // A refusal is no list: an image is not unsigned because the credentials have expired.
      const hasAnswered = failure instanceof UpstreamFailure && failure.kind === 'not-found'
      const { checkedAt = NEVER } = image.referrersCheck ?? {}
      await recordCheck(subject, hasAnswered ? { checkedAt: now } : { checkedAt, failedAt: now }, deps, telemetry)
      await report(subject, 'FAILED', `cached referrers kept: ${failure.message}`, telemetry)
    }
    return outcomes
  })
}

/** Adds the imported referrers to `imported`. Tries all of them before it throws the first failure. */
async function importReferrers(
  subject: ManifestImport,
  outcomes: PutOutcome[],
  deps: ImportDeps,
  telemetry: Telemetry,
): Promise<void> {
  const { registry, repository, imageId, source, now } = subject
  const { digests, isTruncated: isCut } = await source.upstream.referrers(
    source.repository,
    imageId.imageDigest ?? '',
    MAX_REFERRERS,
  )
  const failures: unknown[] = []
  const importOne = async (imageDigest: string) => {
    const target = { registry, repository, imageId: { imageDigest }, source, now }
    try {
      const outcome = await importManifest(target, deps, telemetry)
      if (outcome) outcomes.push(outcome)
    } catch (error) {
      // A list may name manifests that its registry does not have.
      if (!(error instanceof UpstreamFailure && error.kind === 'not-found')) failures.push(error)
    }
  }
  const limit = pLimit(CONCURRENCY)
  await Promise.all(digests.map((digest) => limit(() => importOne(digest))))
  if (failures.length > 0) throw failures[0]
  const more = isCut ? `; more than ${MAX_REFERRERS} are not imported` : ''
  const outcome = `${digests.length} referrers, ${outcomes.length} of them new${more}`
  await report(subject, isCut ? 'FAILED' : 'SUCCESS', outcome, telemetry)
}

/** Best effort: cached referrers are served even if the disk is full. */
async function recordCheck(
  subject: ManifestImport,
  referrersCheck: NonNullable<Image['referrersCheck']>,
  { storage }: ImportDeps,
  { log }: Telemetry,
): Promise<void> {
  await storage.store.images
    .update(subject.registry, imageKey(subject), (image) => ({ ...image, referrersCheck }))
    .catch((err: unknown) => log.warn({ err, ...subject.imageId }, 'a check of referrers could not be recorded'))
}

const report = (subject: ManifestImport, status: 'SUCCESS' | 'FAILED', outcome: string, telemetry: Telemetry) =>
  telemetry.recordAction({ ...actionFacts(subject), action: 'referrers', status, outcome }, subject.now)

const imageKey = ({ repository, imageId }: ManifestImport) => keyOf(repository, imageId.imageDigest ?? '')
