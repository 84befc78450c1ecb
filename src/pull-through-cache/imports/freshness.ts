import type { Tag } from '../../registry/images/image.js'
import { keyOf } from '../../registry/ports/store.js'
import { UpstreamFailure, type UpstreamManifest } from '../../registry/ports/upstream.js'
import type { PutOutcome } from '../../registry/images/image-registration.js'
import { factsOf, flightOf, type ImportDeps, keepImage, type ManifestImport } from './manifest-import.js'
import { requireEgress } from '../upstream-source.js'

/** How a check ended: a newer image, or why there was no answer to go by; neither where nothing changed. */
export interface CheckOutcome {
  moved?: PutOutcome
  failure?: Error
}

/**
 * Asks the upstream what a cached tag is now, by HEAD, or by GET where that does not say. A newer image is imported and
 * the tag moved; an answer starts the 24 hours anew; no answer starts the 15 minutes. Whatever fails, the cached image
 * stays, and the event says why. One check, of all processes, for all who wait for it; `isDue` is asked again when its
 * turn has come.
 */
export function checkTag(
  wanted: ManifestImport,
  isDue: (tag: Tag) => boolean,
  deps: ImportDeps,
): Promise<CheckOutcome> {
  const checked = deps.singleFlight.do(`check ${flightOf(wanted)}`, async () => {
    const cached = await deps.store.tags.get(wanted.registry, tagKey(wanted))
    if (!cached || !isDue(cached)) return {}
    try {
      requireEgress(deps.settings)
      const newer = await newerManifest(wanted, cached)
      if (newer) return { moved: await keepImage(wanted, newer, deps) }
      await noteCheck(wanted, cached, { checkedAt: wanted.now.getTime() }, deps)
      await report(wanted, cached, 'SUCCESS', 'unchanged', deps)
      return {}
    } catch (error) {
      const failure = error as Error
      await noteFailure(wanted, cached, failure, deps)
      return { failure }
    }
  })
  return checked.catch((failure: Error) => {
    deps.log.warn({ err: failure, ...wanted.imageId }, 'a tag was not checked')
    return { failure }
  })
}

/** The manifest the tag names upstream; undefined where it is the one we have. */
async function newerManifest({ source, imageId }: ManifestImport, cached: Tag): Promise<UpstreamManifest | undefined> {
  const { imageTag = '' } = imageId
  const digest = await source.upstream.resolve(source.repository, imageTag)
  if (digest === cached.digest) return undefined
  const manifest = await source.upstream.manifest(source.repository, digest ?? imageTag)
  return manifest.digest === cached.digest ? undefined : manifest
}

async function noteFailure(wanted: ManifestImport, cached: Tag, failure: Error, deps: ImportDeps): Promise<void> {
  const now = wanted.now.getTime()
  const answered = failure instanceof UpstreamFailure && failure.answered
  const { checkedAt = 0 } = cached.upstream ?? {}
  await noteCheck(wanted, cached, answered ? { checkedAt: now } : { checkedAt, failedAt: now }, deps)
  await report(wanted, cached, 'FAILED', `cached image kept: ${failure.message}`, deps)
}

/** Best effort: a full disk must not keep the cached image from being served. A tag pushed or moved meanwhile is left alone. */
async function noteCheck(
  wanted: ManifestImport,
  { digest }: Tag,
  upstream: NonNullable<Tag['upstream']>,
  { store, log }: ImportDeps,
): Promise<void> {
  const note = (record: Tag) => (record.upstream && record.digest === digest ? { ...record, upstream } : record)
  await store.tags
    .update(wanted.registry, tagKey(wanted), note)
    .catch((err: unknown) => log.warn({ err, ...wanted.imageId }, 'a check was not written down'))
}

const report = (
  wanted: ManifestImport,
  { digest }: Tag,
  status: 'SUCCESS' | 'FAILED',
  outcome: string,
  deps: ImportDeps,
) => deps.recordEvent({ ...factsOf(wanted), digest, action: 'check', status, outcome }, wanted.now)

const tagKey = ({ repository, imageId }: ManifestImport) => keyOf(repository, imageId.imageTag ?? '')
