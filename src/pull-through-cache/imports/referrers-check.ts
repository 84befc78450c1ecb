import pLimit from 'p-limit'
import type { Image } from '../../registry/images/image.js'
import { keyOf } from '../../registry/ports/store.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import type { PutOutcome } from '../../registry/images/image-registration.js'
import { factsOf, flightOf, type ImportDeps, importManifest, type ManifestImport } from './manifest-import.js'
import { requireEgress } from '../upstream-source.js'

/** An image has a signature, a bill of materials and an attestation or two for each of its builders. */
const REFERRERS_AT_MOST = 500

/** Manifests of one check asked for at a time. */
const AT_A_TIME = 6

/**
 * Asks the upstream what refers to a cached image, and imports what is not here yet; answers what was imported. An answer
 * starts the six hours anew, none starts the 15 minutes. Whatever fails, what is kept stays, and the event says why. One
 * check, of all processes, for all who wait for it; `isDue` is asked again once the check is theirs.
 */
export function checkReferrers(
  subject: ManifestImport,
  isDue: (image: Image) => boolean,
  deps: ImportDeps,
): Promise<PutOutcome[]> {
  return deps.singleFlight.do(`referrers ${flightOf(subject)}`, async () => {
    const image = await deps.store.images.get(subject.registry, keyOfImage(subject))
    if (!image || !isDue(image)) return []
    const imported: PutOutcome[] = []
    try {
      requireEgress(deps.settings)
      await importReferrers(subject, imported, deps)
      await noteCheck(subject, { checkedAt: subject.now.getTime() }, deps)
    } catch (error) {
      const failure = error as Error
      const now = subject.now.getTime()
      const hasAnswered = failure instanceof UpstreamFailure && failure.answered
      const { checkedAt = 0 } = image.referrersCheck ?? {}
      await noteCheck(subject, hasAnswered ? { checkedAt: now } : { checkedAt, failedAt: now }, deps)
      await report(subject, 'FAILED', `kept referrers served: ${failure.message}`, deps)
    }
    return imported
  })
}

/** Every referrer gets its chance before the first failure is thrown. */
async function importReferrers(subject: ManifestImport, imported: PutOutcome[], deps: ImportDeps): Promise<void> {
  const { registry, repository, imageId, source, now } = subject
  const { digests, isCut } = await source.upstream.referrers(
    source.repository,
    imageId.imageDigest ?? '',
    REFERRERS_AT_MOST,
  )
  const failures: unknown[] = []
  const importOne = async (imageDigest: string) => {
    try {
      const outcome = await importManifest({ registry, repository, imageId: { imageDigest }, source, now }, deps)
      if (outcome) imported.push(outcome)
    } catch (error) {
      // A list may name what its registry does not keep.
      if (!(error instanceof UpstreamFailure && error.kind === 'not-found')) failures.push(error)
    }
  }
  const limit = pLimit(AT_A_TIME)
  await Promise.all(digests.map((digest) => limit(() => importOne(digest))))
  const more = isCut ? `; more than ${REFERRERS_AT_MOST} are not brought` : ''
  const outcome = `${digests.length} referrers, ${imported.length} of them new${more}`
  if (failures.length > 0) throw failures[0]
  await report(subject, isCut ? 'FAILED' : 'SUCCESS', outcome, deps)
}

/** Best effort: a full disk must not keep what is here from being served. */
async function noteCheck(
  subject: ManifestImport,
  referrersCheck: NonNullable<Image['referrersCheck']>,
  { store, log }: ImportDeps,
): Promise<void> {
  await store.images
    .update(subject.registry, keyOfImage(subject), (image) => ({ ...image, referrersCheck }))
    .catch((err: unknown) => log.warn({ err, ...subject.imageId }, 'a check of referrers was not written down'))
}

const report = (subject: ManifestImport, status: 'SUCCESS' | 'FAILED', outcome: string, deps: ImportDeps) =>
  deps.recordEvent({ ...factsOf(subject), action: 'referrers', status, outcome }, subject.now)

const keyOfImage = ({ repository, imageId }: ManifestImport) => keyOf(repository, imageId.imageDigest ?? '')
