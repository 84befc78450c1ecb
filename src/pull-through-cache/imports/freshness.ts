import type { Tag } from '../../registry/images/image.js'
import type { PutOutcome } from '../../registry/images/image-registration.js'
import { keyOf } from '../../registry/ports/store.js'
import { UpstreamFailure, type UpstreamManifest } from '../../registry/ports/upstream.js'
import type { Telemetry } from '../telemetry.js'
import { actionFacts, flightKey, type ImportDeps, type ManifestImport, storeImage } from './manifest-import.js'

/** The result of a check: the image the tag has moved to, or why there was no answer; neither where nothing has changed. */
export interface TagCheck {
  readonly moved?: PutOutcome
  readonly failure?: Error
}

/**
 * Asks the upstream what a cached tag names now, by HEAD, or by GET where that does not say. A newer image is imported and the
 * tag moved. An answer starts the 24 hours anew, no answer starts the 15 minutes; whatever fails, the cached image stays, and
 * the event says why. All who wait share one check, also across processes; `isDue` is asked again once the check has its turn.
 */
export async function checkTag(
  target: ManifestImport,
  isDue: (tag: Tag) => boolean,
  deps: ImportDeps,
  telemetry: Telemetry,
): Promise<TagCheck> {
  const check = async (): Promise<TagCheck> => {
    const cached = await deps.storage.store.tags.get(target.registry, tagKey(target))
    return cached && isDue(cached) ? checkCachedTag(target, cached, deps, telemetry) : {}
  }
  try {
    return await deps.singleFlight.do(`check ${flightKey(target)}`, check)
  } catch (error) {
    const failure = error as Error
    telemetry.log.warn({ err: failure, ...target.imageId }, 'a tag was not checked')
    return { failure }
  }
}

async function checkCachedTag(
  target: ManifestImport,
  cached: Tag,
  { storage, sources }: ImportDeps,
  telemetry: Telemetry,
): Promise<TagCheck> {
  const now = target.now.getTime()
  try {
    sources.requireRoute()
    const newer = await newerManifest(target, cached)
    if (newer) return { moved: await storeImage(target, newer, storage, telemetry) }
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

/** The manifest the tag names upstream; undefined where it is the cached one. */
async function newerManifest({ source, imageId }: ManifestImport, cached: Tag): Promise<UpstreamManifest | undefined> {
  const { imageTag = '' } = imageId
  const digest = await source.upstream.resolve(source.repository, imageTag)
  if (digest === cached.digest) return undefined
  const manifest = await source.upstream.manifest(source.repository, digest ?? imageTag)
  return manifest.digest === cached.digest ? undefined : manifest
}

/** Best effort: a full disk must not keep the cached image from being served. A tag pushed or moved meanwhile stays as it is. */
async function recordCheck(
  target: ManifestImport,
  { digest }: Tag,
  upstream: NonNullable<Tag['upstream']>,
  { store }: ImportDeps['storage'],
  { log }: Telemetry,
): Promise<void> {
  const checked = (record: Tag) => (record.upstream && record.digest === digest ? { ...record, upstream } : record)
  await store.tags
    .update(target.registry, tagKey(target), checked)
    .catch((err: unknown) => log.warn({ err, ...target.imageId }, 'a check was not written down'))
}

const report = (
  target: ManifestImport,
  { digest }: Tag,
  status: 'SUCCESS' | 'FAILED',
  outcome: string,
  telemetry: Telemetry,
) => telemetry.recordAction({ ...actionFacts(target), digest, action: 'check', status, outcome }, target.now)

const tagKey = ({ repository, imageId }: ManifestImport) => keyOf(repository, imageId.imageTag ?? '')
