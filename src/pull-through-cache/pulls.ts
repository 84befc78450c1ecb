import type { Authorize } from '../access/authorize.js'
import { repositoryNotFound } from '../registry/errors.js'
import { type FoundImage, type ImageFailure, isFailure } from '../registry/images/find-image.js'
import type { Image, Layer, Tag } from '../registry/images/image.js'
import type { Wait } from '../registry/ports/importer.js'
import type { Importer, PullRequest } from '../registry/ports/importer.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Metrics } from '../registry/ports/metrics.js'
import { isCheckDue, isReferrersCheckDue, type PullThroughSettings } from '../registry/cache-rules/cache-rule.js'
import type { PutOutcome } from '../registry/images/image-registration.js'
import { logWithRequestId } from '../registry/ports/log.js'
import type { Registry } from '../registry/registry.js'
import { type Completion, completion, type CompletionDeps } from './backlog/completion.js'
import type { Fill } from './fills/fill.js'
import { checkTag, type CheckOutcome } from './imports/freshness.js'
import { layerCache } from './fills/layer-cache.js'
import { type ImportDeps, importManifest } from './imports/manifest-import.js'
import { mendManifest } from './imports/repair-manifest.js'
import { recorder } from './cache-events.js'
import { checkReferrers } from './imports/referrers-check.js'
import { find, may, planOf } from './pull-request.js'
import { singleFlight } from '../coordination/single-flight.js'
import { requireNoFips, sourceOf } from './upstream-source.js'
import { upstreamFailureOf } from './image-failure.js'

/** The cache behind the registry's endpoints. */
export interface PullThrough extends Importer {
  /** Has what the upstream has of a cached image's referrers here, where its six hours are over. Never rejects. */
  referrers(request: PullRequest, wait: Wait): Promise<void>
  /** The transfer of a layer that is not here yet; undefined where no rule serves it any more. */
  layer(registry: Registry, layer: Layer): Promise<Fill | undefined>
  /** Whether a layer that is not here yet can still come: a rule serves it, and its upstream does not say that it has none. */
  isToCome(registry: Registry, layer: Layer): Promise<boolean>
  /** Takes up every planned import that no other process is at; resolves when they are over. */
  resume(): Promise<void>
  /** Takes up those that are due, now and every few seconds: what a process left that died, too. */
  watch(): void
  /** Begins no more imports. */
  stop(): void
}

/** What pulling through needs. */
export interface PullThroughDeps extends Omit<CompletionDeps, 'layers' | 'singleFlight'> {
  readonly leases: Leases
  readonly authorize: Authorize
  readonly metrics: Metrics
  readonly settings: PullThroughSettings & { readonly egress: 'all' | 'none' }
}

interface Cache extends PullThroughDeps, Pick<ImportDeps, 'singleFlight'> {
  /** Writes an event down; `recordEvent` tells it in the log, too. */
  readonly writeEvent: PullThroughDeps['recordEvent']
  readonly completion: Completion
}

/** With what one request has of its own. */
interface Asked extends Cache {
  readonly wait: Wait
}

type Answer = FoundImage | ImageFailure

/**
 * ECR's pull through cache: what a pull is answered with, and what it brings in.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
 */
export function pullThrough(deps: PullThroughDeps): PullThrough {
  const told = { log: deps.log, recordEvent: recorder(deps.log, deps.recordEvent) }
  const shared = {
    ...deps,
    ...told,
    writeEvent: deps.recordEvent,
    layers: layerCache(deps),
    singleFlight: singleFlight(deps.leases),
  }
  const cache: Cache = { ...shared, completion: completion(shared) }
  return {
    pull: (request, wait) => pull(request, wait, cache),
    importImage: (request, wait) => importImage(request, tellingUnder(request, wait, cache)),
    referrers: (request, wait) => bringReferrers(request, tellingUnder(request, wait, cache)),
    layer: (registry, layer) => shared.layers.fill(registry, layer),
    isToCome: (registry, layer) => shared.layers.isToCome(registry, layer),
    resume: () => cache.completion.resume(),
    watch: () => cache.completion.watch(),
    stop: () => cache.completion.stop(),
  }
}

/** What a request has the cache do, and what goes on behind it, is logged under its id. */
function tellingUnder({ request }: PullRequest, wait: Wait, cache: Cache): Asked {
  const log = logWithRequestId(cache.log, request.requestId)
  return { ...cache, wait, log, recordEvent: recorder(log, cache.writeEvent) }
}

/** What a pull is answered with; the manifest of a cached image can then be read. */
async function pull(request: PullRequest, wait: Wait, cache: Cache): Promise<Answer> {
  const found = await findOrImport(request, wait, cache)
  if (isFailure(found) || !found.image.pulledThrough) return found
  try {
    await mendManifest(request.registry, found.image, tellingUnder(request, wait, cache))
    return found
  } catch (error) {
    return upstreamFailureOf(error, request.imageId)
  }
}

/** Cached: served, after a check where one is due. Not cached: imported where a rule serves the name. */
async function findOrImport(request: PullRequest, wait: Wait, cache: Cache): Promise<Answer> {
  const found = await find(request, cache)
  if (isFailure(found))
    return found.failureCode === 'ImageNotFound' ? firstPull(request, found, tellingUnder(request, wait, cache)) : found
  if (found.image.pulledThrough) cache.metrics.cache('manifest', 'hit')
  const { tag } = found
  if (!tag || request.imageId.imageDigest !== undefined) return found
  const now = new Date(request.request.at)
  const isDue = (record: Tag) => isCheckDue(record, now, cache.settings)
  if (!isDue(tag)) return found
  const { moved } = await refresh(request, isDue, tellingUnder(request, wait, cache))
  const refreshed = await find(request, cache)
  return moved && !isFailure(refreshed) ? { ...refreshed, isImported: true } : refreshed
}

/** Asks the upstream whatever the 24 hours say, and answers when the image is here whole. A pushed tag stays what it is. */
async function importImage(request: PullRequest, cache: Asked): Promise<Answer> {
  const found = await find(request, cache)
  try {
    if (!isFailure(found) && found.tag?.upstream) await forcedRefresh(request, cache)
    const answer = isFailure(found) ? await pull(request, cache.wait, cache) : await find(request, cache)
    if (!isFailure(answer)) await cache.wait(() => cache.completion.complete(planOf(request, answer), cache))
    return answer
  } catch (error) {
    return upstreamFailureOf(error, request.imageId)
  }
}

async function forcedRefresh(request: PullRequest, cache: Asked): Promise<void> {
  const { failure } = await refresh(request, () => true, cache)
  if (failure) throw failure
}

async function firstPull(request: PullRequest, notFound: ImageFailure, cache: Asked): Promise<Answer> {
  const { registry, repository, imageId } = request
  try {
    const source = await sourceOf(registry, repository, cache)
    const exists = (await cache.store.repositories.get(registry, repository)) !== undefined
    const mayExist = exists || (source !== undefined && (await may(request, 'ecr:CreateRepository', cache)))
    if (!mayExist) throw repositoryNotFound(repository, registry.account)
    if (!source || !(await may(request, 'ecr:BatchImportUpstreamImage', cache))) return notFound
    requireNoFips(request.request)
    cache.metrics.cache('manifest', 'miss')
    const now = await cache.clock.now()
    const wanted = { registry, repository, imageId, source, now, makesRepository: true }
    const imported = await cache.wait(() => importManifest(wanted, cache))
    if (imported) finishBehind(request, imported, cache)
    const found = await find(request, cache)
    return isFailure(found) ? found : { ...found, isImported: true }
  } catch (error) {
    return upstreamFailureOf(error, imageId)
  }
}

/** Checks a cached tag with its upstream; nothing is asked where no rule serves the name or the caller may not import. */
async function refresh(request: PullRequest, isDue: (tag: Tag) => boolean, cache: Asked): Promise<CheckOutcome> {
  const { registry, repository, imageId } = request
  const source = await sourceOf(registry, repository, cache)
  if (!source || !(await may(request, 'ecr:BatchImportUpstreamImage', cache))) return {}
  const now = await cache.clock.now()
  // Where too many wait already the cached image is served, as it is whatever else keeps a check from being made.
  const outcome = await cache
    .wait(() => checkTag({ registry, repository, imageId, source, now }, isDue, cache))
    .catch((failure: Error): CheckOutcome => ({ failure }))
  if (outcome.moved) finishBehind(request, outcome.moved, cache)
  return outcome
}

/** An image that is not here is pulled first: its record is what remembers the check. */
async function bringReferrers(request: PullRequest, cache: Asked): Promise<void> {
  try {
    const now = await cache.clock.now()
    const isDue = (image: Image) => isReferrersCheckDue(image, now, cache.settings)
    const here = await find(request, cache)
    if (!isFailure(here) && !isDue(here.image)) return
    const source = await sourceOf(request.registry, request.repository, cache)
    if (!source || request.request.isFips) return
    const found = isFailure(here) ? await pull(request, cache.wait, cache) : here
    if (isFailure(found) || !(await may(request, 'ecr:BatchImportUpstreamImage', cache))) return
    const imported = await cache.wait(() => checkReferrers({ ...request, source, now }, isDue, cache))
    for (const outcome of imported) finishBehind(request, outcome, cache)
  } catch (err) {
    cache.log.debug({ err, ...request.imageId }, 'referrers were not asked for')
  }
}

/** Members and blobs follow behind the pull; where that fails it is logged and stays planned. */
function finishBehind(request: PullRequest, { image }: PutOutcome, cache: Cache): void {
  cache.completion.complete(planOf(request, { image }), cache).catch(() => {})
}
