import type { Tag } from '../../registry/images/image.js'
import type { PutOutcome } from '../../registry/images/image-registration.js'
import { keyOf } from '../../registry/ports/store.js'
import { UpstreamFailure, type UpstreamManifest } from '../../registry/ports/upstream.js'
import type { Telemetry } from '../telemetry.js'
import { actionFacts, flightKey, type ImportDeps, type ManifestImport, storeImage } from './manifest-import.js'

/**
 * The result of a check: the image that the tag has moved to, or why the check failed; neither if nothing has changed.
 */
export interface TagCheck {
  readonly moved?: PutOutcome
  readonly failure?: Error
}

/**
 * Asks the upstream which image a cached tag names now, by HEAD, or by GET if the answer to HEAD does not say. Imports
 * a newer image and moves the tag. An answer restarts the 24 hours until the next check; a failure starts the 15
 * minutes until a retry, leaves the cached image in place, and is reported by the event. Concurrent requests share one
 * check (single-flight, also across processes), which evaluates `isDue` once more before it begins.
 */
export async function checkTag(
  target: ManifestImport,
  isDue: (tag: Tag) => boolean,
  deps: ImportDeps,
  telemetry: Telemetry,
): Promise<TagCheck> {
  const check = async (): Promise<TagCheck> => {
    const cachedTag = await deps.storage.store.tags.get(target.registry, tagKey(target))
    return cachedTag && isDue(cachedTag) ? checkCachedTag(target, cachedTag, deps, telemetry) : {}
  }
  try {
    return await deps.singleFlight.do(`check ${flightKey(target)}`, check)
  } catch (error) {
    const failure = error as Error
    telemetry.log.warn({ err: failure, ...target.imageId }, 'a tag could not be checked')
    return { failure }
  }
}

async function checkCachedTag(
  target: ManifestImport,
  cached: Tag,
  deps: ImportDeps,
  telemetry: Telemetry,
): Promise<TagCheck> {
  const { storage, sources } = deps
  const now = target.now.getTime()
  try {
    sources.requireRoute(target.source)
    const newer = await newerManifest(target, cached)
    if (newer) {
      const moved = await storeImage(target, newer, deps, telemetry)
      count(target, 'answered', telemetry)
      return { moved }
    }
    await recordCheck(target, cached, { checkedAt: now }, storage, telemetry)
    await report(target, cached, 'SUCCESS', 'unchanged', telemetry)
    return {}
  } catch (error) {
    const failure = error as Error
    const hasAnswered = failure instanceof UpstreamFailure && failure.isAnswer
    const { checkedAt = 0 } = cached.upstream ?? {}
    const upstream = hasAnswered ? { checkedAt: now } : { checkedAt, failedAt: now }
    await recordCheck(target, cached, upstream, storage, telemetry)
    await report(target, cached, 'FAILED', `cached image kept: ${failure.message}`, telemetry)
    return { failure }
  }
}

/** The manifest that the tag names in the upstream; undefined if it is the cached one. */
async function newerManifest({ source, imageId }: ManifestImport, cached: Tag): Promise<UpstreamManifest | undefined> {
  const { imageTag = '' } = imageId
  const digest = await source.upstream.resolve(source.repository, imageTag)
  if (digest === cached.digest) return undefined
  const manifest = await source.upstream.manifest(source.repository, digest ?? imageTag)
  return manifest.digest === cached.digest ? undefined : manifest
}

/**
 * Best effort: the cached image is served even if the disk is full. A tag that was pushed or moved meanwhile stays as
 * it is.
 */
async function recordCheck(
  target: ManifestImport,
  { digest }: Tag,
  upstream: NonNullable<Tag['upstream']>,
  { store }: ImportDeps['storage'],
  { log }: Telemetry,
): Promise<void> {
  const withCheck = (record: Tag) => (record.upstream && record.digest === digest ? { ...record, upstream } : record)
  await store.tags
    .update(target.registry, tagKey(target), withCheck)
    .catch((err: unknown) => log.warn({ err, ...target.imageId }, 'a check could not be recorded'))
}

function report(
  target: ManifestImport,
  { digest }: Tag,
  status: 'SUCCESS' | 'FAILED',
  outcome: string,
  telemetry: Telemetry,
): Promise<void> {
  count(target, status === 'SUCCESS' ? 'answered' : 'failed', telemetry)
  return telemetry.recordAction({ ...actionFacts(target), digest, action: 'check', status, outcome }, target.now)
}

const count = ({ registry, source }: ManifestImport, outcome: 'answered' | 'failed', { statistics }: Telemetry) =>
  statistics.checked({ registry, ecrRepositoryPrefix: source.rule.ecrRepositoryPrefix }, outcome)

const tagKey = ({ repository, imageId }: ManifestImport) => keyOf(repository, imageId.imageTag ?? '')
