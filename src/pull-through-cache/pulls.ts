import type { Authorize } from '../access/authorize.js'
import {
  areReferrersUnknown,
  isCheckDue,
  isReferrersCheckDue,
  type PullThroughSettings,
} from '../registry/cache-rules/cache-rule.js'
import type { ImportPlan } from '../registry/cache-rules/cache-rule.js'
import { repositoryNotFound } from '../registry/errors.js'
import { findImage, type FoundImage, type ImageFailure, isImageFailure } from '../registry/images/find-image.js'
import type { PutOutcome } from '../registry/images/image-registration.js'
import type { Image, Tag } from '../registry/images/image.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Importer, PullRequest, ReferrersRefresh, Wait } from '../registry/ports/importer.js'
import type { Store } from '../registry/ports/store.js'
import { UpstreamFailure } from '../registry/ports/upstream.js'
import type { Backlog } from './backlog/backlog.js'
import { checkFailureOf, imageFailureOf } from './image-failure.js'
import { planOf } from './import-plan.js'
import type { TagCheck } from './imports/freshness.js'
import type { Imports } from './imports/imports.js'
import { isPullerAllowed, mayCreateRepository } from './puller-rights.js'
import { type Telemetry, telemetryFor, type TelemetrySinks } from './telemetry.js'
import type { UpstreamSources } from './upstream-sources.js'

/**
 * Answers pulls: with the cached image, after a check of its tag if one is due, or with an image imported from its
 * upstream.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
 */
export type Pulls = Importer

/** The dependencies of answering pulls. */
export interface PullsDeps {
  readonly store: Store
  readonly clock: Pick<Clock, 'now'>
  readonly authorize: Authorize
  readonly settings: PullThroughSettings
  readonly sinks: TelemetrySinks
  readonly sources: UpstreamSources
  readonly imports: Imports
  readonly backlog: Pick<Backlog, 'complete'>
}

/** A pull and everything specific to it. */
interface PullContext {
  readonly request: PullRequest
  /** Runs work that waits for the upstream. */
  readonly wait: Wait
  readonly telemetry: Telemetry
}

type PullResult = FoundImage | ImageFailure

/** The pulls of one process. */
export function pulls(deps: PullsDeps): Pulls {
  const contextOf = (request: PullRequest, wait: Wait): PullContext => ({
    request,
    wait,
    telemetry: telemetryFor(deps.sinks, request.request.requestId),
  })
  return {
    pull: (request, wait) => pull(contextOf(request, wait), deps),
    importImage: (request, wait) => importImage(contextOf(request, wait), deps),
    refreshReferrers: (request, wait) => refreshReferrers(contextOf(request, wait), deps),
  }
}

/** The image, with a manifest that can be read: one whose bytes are lost is fetched again. */
async function pull(context: PullContext, deps: PullsDeps): Promise<PullResult> {
  const { request, wait, telemetry } = context
  const result = await findOrImport(context, deps)
  if (isImageFailure(result) || !result.image.pulledThrough) return result
  try {
    await deps.imports.repairManifest(request.registry, result.image, wait, telemetry)
    return result
  } catch (error) {
    return imageFailureOf(error, request.imageId)
  }
}

/** A cached image, after a check of its tag if one is due; otherwise one that is imported if a rule serves its name. */
async function findOrImport(context: PullContext, deps: PullsDeps): Promise<PullResult> {
  const { request, telemetry } = context
  const { registry, repository, imageId } = request
  const cachedImage = await findImage(deps.store, registry, repository, imageId)
  if (isImageFailure(cachedImage))
    return cachedImage.failureCode === 'ImageNotFound' ? firstPull(context, cachedImage, deps) : cachedImage
  if (cachedImage.image.pulledThrough) telemetry.metrics.cache('manifest', 'hit')
  if (!cachedImage.tag || imageId.imageDigest !== undefined) return cachedImage
  const now = new Date(request.request.at)
  const isDue = (tag: Tag) => isCheckDue(tag, now, deps.settings)
  if (!isDue(cachedImage.tag)) return cachedImage
  const { moved } = await checkUpstream(context, isDue, deps)
  const checkedImage = await findImage(deps.store, registry, repository, imageId)
  return moved && !isImageFailure(checkedImage) ? { ...checkedImage, isImported: true } : checkedImage
}

/** Imports an image that is not cached, if a rule serves its name and the caller may import it. */
async function firstPull(context: PullContext, notFound: ImageFailure, deps: PullsDeps): Promise<PullResult> {
  const { request, wait, telemetry } = context
  const { registry, repository, imageId } = request
  try {
    const source = await deps.sources.upstreamForRepository(registry, repository)
    const exists = (await deps.store.repositories.get(registry, repository)) !== undefined
    const mayExist = exists || (source && (await mayCreateRepository(request, deps)))
    if (!mayExist) throw repositoryNotFound(repository, registry.account)
    if (!source || !(await mayImport(request, deps))) return notFound
    requireNoFips(request)
    telemetry.metrics.cache('manifest', 'miss')
    const now = await deps.clock.now()
    let isCompleting = false
    const onPlanned = (plan: ImportPlan, recorded: Promise<unknown>) => {
      isCompleting = true
      deps.backlog.complete(plan, telemetry, recorded).catch(() => {})
    }
    const outcome = await wait(() =>
      deps.imports.importManifest(
        { registry, repository, imageId, source, now, creationRequest: request.request, onPlanned },
        telemetry,
      ),
    )
    // A request that joined the import of another one.
    if (outcome && !isCompleting) completeInBackground(context, outcome, deps)
    const cached = await findImage(deps.store, registry, repository, imageId)
    return isImageFailure(cached) ? cached : { ...cached, isImported: true }
  } catch (error) {
    return imageFailureOf(error, imageId)
  }
}

/** Checks a cached tag with its upstream, unless no rule serves the name or the caller may not import. */
async function checkUpstream(context: PullContext, isDue: (tag: Tag) => boolean, deps: PullsDeps): Promise<TagCheck> {
  const { request, wait, telemetry } = context
  const { registry, repository, imageId } = request
  const source = await deps.sources.upstreamForRepository(registry, repository)
  if (!source || !(await mayImport(request, deps))) return {}
  const now = await deps.clock.now()
  const target = { registry, repository, imageId, source, now }
  // If too many requests wait for the upstream already, the cached image is served, as after any other failed check.
  const check = await wait(() => deps.imports.checkTag(target, isDue, telemetry)).catch((failure: Error): TagCheck => ({
    failure,
  }))
  if (check.moved) completeInBackground(context, check.moved, deps)
  return check
}

/**
 * Checks the tag even within the 24 hours, and answers when the image is cached completely. A pushed tag is left
 * unchanged.
 */
async function importImage(context: PullContext, deps: PullsDeps): Promise<PullResult> {
  const { request, wait, telemetry } = context
  const { registry, repository, imageId } = request
  const cached = await findImage(deps.store, registry, repository, imageId)
  try {
    if (!isImageFailure(cached) && cached.tag?.upstream) {
      const { failure } = await checkUpstream(context, () => true, deps)
      if (failure) return checkFailureOf(failure, imageId)
    }
    const result = isImageFailure(cached)
      ? await pull(context, deps)
      : await findImage(deps.store, registry, repository, imageId)
    if (!isImageFailure(result)) await wait(() => deps.backlog.complete(planOf(request, result), telemetry))
    return result
  } catch (error) {
    return imageFailureOf(error, imageId)
  }
}

/** Pulls the image first if it is not cached, because its record stores the time of the check. */
async function refreshReferrers(context: PullContext, deps: PullsDeps): Promise<ReferrersRefresh> {
  const { request, wait, telemetry } = context
  const { registry, repository, imageId } = request
  const now = await deps.clock.now()
  const isDue = (image: Image) => isReferrersCheckDue(image, now, deps.settings)
  const cached = await findImage(deps.store, registry, repository, imageId)
  if (!isImageFailure(cached) && !isDue(cached.image)) return refreshOf(cached.image)
  const source = await deps.sources.upstreamForRepository(registry, repository)
  if (!source || request.request.isFips) return {}
  const subject = isImageFailure(cached) ? await pull(context, deps) : cached
  if (isImageFailure(subject)) return subject.failureCode === 'ImageNotFound' ? {} : { failure: subject.failureReason }
  if (!(await mayImport(request, deps))) return {}
  const target = { registry, repository, imageId, source, now }
  const imported = await wait(() => deps.imports.checkReferrers(target, isDue, telemetry))
  for (const referrer of imported) completeInBackground(context, referrer, deps)
  const checked = await findImage(deps.store, registry, repository, imageId)
  return isImageFailure(checked) ? {} : refreshOf(checked.image)
}

const refreshOf = (image: Image): ReferrersRefresh =>
  areReferrersUnknown(image) ? { failure: 'The upstream registry has not listed the referrers yet' } : {}

/** Imports members and blobs in the background. A failure is logged there, and the plan stays in the backlog. */
function completeInBackground({ request, telemetry }: PullContext, { image }: PutOutcome, deps: PullsDeps): void {
  deps.backlog.complete(planOf(request, { image }), telemetry).catch(() => {})
}

const mayImport = (request: PullRequest, { authorize }: PullsDeps): Promise<boolean> =>
  isPullerAllowed(request, 'ecr:BatchImportUpstreamImage', authorize)

/**
 * Throws UpstreamFailure if an image that is not cached is pulled at a FIPS endpoint. Cached images are served there.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
 */
function requireNoFips({ request }: PullRequest): void {
  if (!request.isFips) return
  const message = 'Not cached, and the first pull of an image through the cache is not supported at a FIPS endpoint'
  throw new UpstreamFailure('no-route', message)
}
