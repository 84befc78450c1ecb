import { type AccessRequest, type Authorize, isAllowed } from '../../access/authorize.js'
import { repositoryNotFound } from '../../registry/errors.js'
import { findImage, type FoundImage, type ImageFailure, isFailure } from '../../registry/find-image.js'
import type { Layer, Tag } from '../../registry/image.js'
import type { Importer, PullRequest } from '../../registry/ports/importer.js'
import type { Leases } from '../../registry/ports/leases.js'
import type { Log } from '../../registry/ports/log.js'
import type { Metrics } from '../../registry/ports/metrics.js'
import { isCheckDue, type PullThroughSettings } from '../../registry/pull-through.js'
import type { PutOutcome } from '../../registry/put-image.js'
import { requestLog } from '../../registry/request-log.js'
import { type Registry, repositoryArn } from '../../registry/registry.js'
import { serviceLinkedRoleArn } from '../../registry/service-linked-role.js'
import { type Completion, completion, type CompletionDeps } from './completion.js'
import type { Fill } from './fill.js'
import { checkTag, type CheckOutcome } from './freshness.js'
import { layerCache } from './layer-cache.js'
import { type ImportDeps, importManifest } from './manifest-import.js'
import { mendManifest } from './mend-manifest.js'
import { oneAtATime } from './one-at-a-time.js'
import { requireNoFips, sourceOf } from './source.js'
import { upstreamFailureOf } from './upstream-failure.js'

/** The cache behind the registry's endpoints. */
export interface PullThrough extends Importer {
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
export interface PullThroughDeps extends Omit<CompletionDeps, 'layers' | 'alone'> {
  readonly leases: Leases
  readonly authorize: Authorize
  readonly metrics: Metrics
  readonly settings: PullThroughSettings & { readonly egress: 'all' | 'none' }
}

interface Cache extends PullThroughDeps, Pick<ImportDeps, 'alone'> {
  /** Writes an event down; `recordEvent` tells it in the log, too. */
  readonly writeEvent: PullThroughDeps['recordEvent']
  readonly completion: Completion
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
    alone: oneAtATime(deps.leases),
  }
  const cache: Cache = { ...shared, completion: completion(shared) }
  return {
    pull: (request) => pull(request, cache),
    importImage: (request) => importImage(request, tellingUnder(request, cache)),
    layer: (registry, layer) => shared.layers.fill(registry, layer),
    isToCome: (registry, layer) => shared.layers.isToCome(registry, layer),
    resume: () => cache.completion.resume(),
    watch: () => cache.completion.watch(),
    stop: () => cache.completion.stop(),
  }
}

/** What a request has the cache do, and what goes on behind it, is logged under its id. */
function tellingUnder({ request }: PullRequest, cache: Cache): Cache {
  const log = requestLog(cache.log, request.requestId)
  return { ...cache, log, recordEvent: recorder(log, cache.writeEvent) }
}

/** Tells what the cache does in the log and writes it down as an event: both name the service-linked role, which does it. */
function recorder(log: Log, write: PullThroughDeps['recordEvent']): PullThroughDeps['recordEvent'] {
  return (action, now) => {
    const { registry, rule, ...facts } = action
    const { upstreamRegistryUrl } = rule
    const { repository, tag, digest = '', outcome } = facts
    const name = tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`
    const message = `${name} ${action.action === 'check' ? `checked: ${outcome}` : outcome}`
    const principal = serviceLinkedRoleArn(registry.account)
    log.info({ principal, ...registry, upstreamRegistryUrl, ...facts }, message)
    return write(action, now).catch((err: unknown) => log.warn({ err }, 'an event was not written down'))
  }
}

/** What a pull is answered with; the manifest of a cached image can then be read. */
async function pull(request: PullRequest, cache: Cache): Promise<Answer> {
  const found = await findOrImport(request, cache)
  if (isFailure(found) || !found.image.pulledThrough) return found
  try {
    await mendManifest(request.registry, found.image, tellingUnder(request, cache))
    return found
  } catch (error) {
    return upstreamFailureOf(error, request.imageId)
  }
}

/** Cached: served, after a check where one is due. Not cached: imported where a rule serves the name. */
async function findOrImport(request: PullRequest, cache: Cache): Promise<Answer> {
  const found = await find(request, cache)
  if (isFailure(found))
    return found.failureCode === 'ImageNotFound' ? firstPull(request, found, tellingUnder(request, cache)) : found
  if (found.image.pulledThrough) cache.metrics.cache('manifest', 'hit')
  const { tag } = found
  if (!tag || request.imageId.imageDigest !== undefined) return found
  const now = new Date(request.request.at)
  const isDue = (record: Tag) => isCheckDue(record, now, cache.settings)
  if (!isDue(tag)) return found
  const { moved } = await refresh(request, isDue, tellingUnder(request, cache))
  const refreshed = await find(request, cache)
  return moved && !isFailure(refreshed) ? { ...refreshed, isImported: true } : refreshed
}

/** Asks the upstream whatever the 24 hours say, and answers when the image is here whole. A pushed tag stays what it is. */
async function importImage(request: PullRequest, cache: Cache): Promise<Answer> {
  const found = await find(request, cache)
  try {
    if (!isFailure(found) && found.tag?.upstream) await forcedRefresh(request, cache)
    const answer = isFailure(found) ? await pull(request, cache) : await find(request, cache)
    if (!isFailure(answer)) await cache.completion.complete(planOf(request, answer), cache)
    return answer
  } catch (error) {
    return upstreamFailureOf(error, request.imageId)
  }
}

async function forcedRefresh(request: PullRequest, cache: Cache): Promise<void> {
  const { failure } = await refresh(request, () => true, cache)
  if (failure) throw failure
}

async function firstPull(request: PullRequest, notFound: ImageFailure, cache: Cache): Promise<Answer> {
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
    const imported = await importManifest({ registry, repository, imageId, source, now, makesRepository: true }, cache)
    if (imported) finishBehind(request, imported, cache)
    const found = await find(request, cache)
    return isFailure(found) ? found : { ...found, isImported: true }
  } catch (error) {
    return upstreamFailureOf(error, imageId)
  }
}

/** Checks a cached tag with its upstream; nothing is asked where no rule serves the name or the caller may not import. */
async function refresh(request: PullRequest, isDue: (tag: Tag) => boolean, cache: Cache): Promise<CheckOutcome> {
  const { registry, repository, imageId } = request
  const source = await sourceOf(registry, repository, cache)
  if (!source || !(await may(request, 'ecr:BatchImportUpstreamImage', cache))) return {}
  const now = await cache.clock.now()
  const outcome = await checkTag({ registry, repository, imageId, source, now }, isDue, cache)
  if (outcome.moved) finishBehind(request, outcome.moved, cache)
  return outcome
}

/** Members and blobs follow behind the pull; where that fails it is logged and stays planned. */
function finishBehind(request: PullRequest, { image }: PutOutcome, cache: Cache): void {
  cache.completion.complete(planOf(request, { image }), cache).catch(() => {})
}

function may(request: PullRequest, action: AccessRequest['action'], { authorize }: Cache): Promise<boolean> {
  const { principal, registry, repository, request: context } = request
  const resources = [repositoryArn(registry, repository)]
  return isAllowed(authorize, { principal, action, resources, registry, request: context })
}

const find = ({ registry, repository, imageId }: PullRequest, { store }: Cache) =>
  findImage(store, registry, repository, imageId)

/** The plan that was recorded with the image, for the tag it was asked by. */
const planOf = ({ registry, imageId }: PullRequest, { image }: Pick<FoundImage, 'image'>) => ({
  ...registry,
  repository: image.repository,
  digest: image.digest,
  ...(imageId.imageTag !== undefined && { tag: imageId.imageTag }),
  plannedAt: image.pushedAt,
})
