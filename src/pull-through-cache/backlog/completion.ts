import { mapInBatches } from '../../coordination/event-loop.js'
import { type KeyedLimit, keyedLimit } from '../../coordination/keyed-mutex.js'
import type { ImportPlan } from '../../registry/cache-rules/cache-rule.js'
import { imageContents } from '../../registry/images/image-contents.js'
import { recordContentsAgain } from '../../registry/images/image-registration.js'
import { updateIndexSize } from '../../registry/images/image-size.js'
import { availableSize } from '../../registry/layers/layer-with-bytes.js'
import type { Blobs, Uploads, WithNotes } from '../../registry/ports/blob-store.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Lease } from '../../registry/ports/lease.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { installation, type Registry } from '../../registry/registry.js'
import type { Fills } from '../fills/fills.js'
import { planKey } from '../import-plan.js'
import { importProgress, type ImportProgress } from '../imports/import-progress.js'
import type { Imports } from '../imports/imports.js'
import type { RunningImports } from '../imports/running-imports.js'
import type { Telemetry } from '../telemetry.js'
import { noRuleServes, type UpstreamSources } from '../upstream-sources.js'
import { type PullScope, pullScope } from './pull-scope.js'

/**
 * Carries out one planned import: imports all members (platforms) of an index and fills every blob. Removes the plan
 * when the image is cached completely; rejects with the error that prevents it. Once stopped, returns early and leaves
 * the plan.
 */
export type Completion = (plan: ImportPlan, circumstances: CompletionCircumstances) => Promise<void>

/** The circumstances in which a plan is carried out. */
export interface CompletionCircumstances {
  /** Held by this process for as long as it works on the plan. */
  readonly lease: Pick<Lease, 'isLost'>
  readonly stopSignal: AbortSignal
  readonly telemetry: Telemetry
}

/** The dependencies of carrying out plans. */
export interface CompletionDeps {
  readonly store: Store
  readonly blobs: Blobs & Uploads & WithNotes
  readonly clock: Pick<Clock, 'now'>
  readonly sources: UpstreamSources
  readonly imports: Pick<Imports, 'importManifest'>
  readonly fills: Pick<Fills, 'fillLayer'>
  readonly running: Pick<RunningImports, 'begin'>
}

/** One plan being carried out. */
interface CompletionRun extends CompletionDeps {
  readonly registry: Registry
  readonly repository: string
  readonly stopSignal: AbortSignal
  readonly telemetry: Telemetry
  readonly progress: ImportProgress
  readonly scope: PullScope
  readonly blobLimit: KeyedLimit
}

/**
 * How many background blobs of one account and upstream are fetched at the same time: few, so that blobs that clients
 * wait for come first.
 */
const BACKGROUND_BLOBS = 3

/** How many blobs of one image are processed together. */
const BLOBS_AT_ONCE = 50

/** Completions of one process, which share the limit of background blobs. */
export function completion(deps: CompletionDeps): Completion {
  const blobLimit = keyedLimit(BACKGROUND_BLOBS)

  return async (plan, { lease, stopSignal, telemetry }) => {
    const { account, region, repository, digest } = plan
    const { store } = deps
    const [progress, scope] = [importProgress(plan, deps, telemetry), pullScope()]
    const run = {
      ...deps,
      registry: { account, region },
      repository,
      stopSignal,
      telemetry,
      progress,
      scope,
      blobLimit,
    }
    scope.takeImage(digest, 0)
    try {
      await completeImage(digest, 0, run)
      if (stopSignal.aborted || lease.isLost) return
      const isPlanned = (await store.imports.get(installation, planKey(plan))) !== undefined
      await store.imports.remove(installation, planKey(plan))
      // If the image was complete already, an import on request has nothing to report.
      if (isPlanned) await progress.succeeded(scope.leftOut())
    } catch (err) {
      if (!stopSignal.aborted) await Promise.all([recordFailure(plan, err, deps, telemetry), progress.failed(err)])
      throw err
    } finally {
      progress.stop()
    }
  }
}

/** Best effort: if the store is unavailable, the plan is merely retried sooner. */
async function recordFailure(
  plan: ImportPlan,
  err: unknown,
  { store, clock }: CompletionDeps,
  { log }: Telemetry,
): Promise<void> {
  log.warn({ err, ...plan }, 'an image could not be cached completely: its import stays planned')
  const update = clock.now().then((now) => {
    const failed = (record: ImportPlan) => ({ ...record, failedAt: now.getTime() })
    return store.imports.update(installation, planKey(plan), failed)
  })
  await update.catch((cause: unknown) => log.warn({ err: cause, ...plan }, 'a failed import could not be recorded'))
}

/**
 * Imports what an image lacks, within the scope, which also handles an index that lists an image twice or that is
 * nested in itself.
 */
async function completeImage(digest: string, depth: number, run: CompletionRun): Promise<void> {
  const { registry, repository, store, blobs, scope, stopSignal } = run
  const image = await store.images.get(registry, keyOf(repository, digest))
  if (!image || stopSignal.aborted) return
  const contents = await imageContents(image, blobs)
  if (!contents) throw new UpstreamFailure('unavailable', `The manifest of ${digest} is no longer stored`)
  run.progress.image(image, contents)
  // Contents too large for one transaction may be recorded only in part, if a process died between two transactions.
  if (!image.blobs) await recordContentsAgain(store, registry, { ...image, ...contents })

  const failures: unknown[] = []
  const attempt = (work: Promise<void>) => work.catch((failure: unknown) => void failures.push(failure))
  for (const member of contents.manifests) {
    if (scope.takeImage(member.digest, depth + 1)) await attempt(completeMember(member.digest, depth + 1, run))
  }
  const layers = scope.takeBlobs(contents.blobs)
  await mapInBatches(layers, (blob) => attempt(fillBlob(blob.digest, run)), BLOBS_AT_ONCE)
  if (contents.manifests.length > 0) await updateIndexSize(store, registry, image, contents.manifests)
  // Every member and blob is tried before the first failure is thrown.
  if (failures.length > 0) throw failures[0]
}

async function completeMember(digest: string, depth: number, run: CompletionRun): Promise<void> {
  const { registry, repository, store } = run
  const cached = await store.images.get(registry, keyOf(repository, digest))
  if (!cached && !(await importMember(digest, run))) return
  await completeImage(digest, depth, run)
  if (!run.stopSignal.aborted) await store.imports.remove(installation, planKey({ ...registry, repository, digest }))
}

/** Returns false if the upstream does not have the image: an index may list images that its registry does not store. */
async function importMember(digest: string, run: CompletionRun): Promise<boolean> {
  const { registry, repository, telemetry } = run
  if (run.stopSignal.aborted) return false
  const source = await run.sources.requireUpstream(registry, repository)
  const now = await run.clock.now()
  const target = { registry, repository, imageId: { imageDigest: digest }, source, now, isMember: true } as const
  try {
    await run.imports.importManifest(target, telemetry)
    return true
  } catch (error) {
    if (error instanceof UpstreamFailure && error.kind === 'not-found') return false
    throw error
  }
}

async function fillBlob(digest: string, run: CompletionRun): Promise<void> {
  const { registry, repository, store, blobs } = run
  const layer = await store.layers.get(registry, keyOf(repository, digest))
  if (!layer) return
  if ((await availableSize(layer, blobs)) !== undefined) return run.progress.stored(digest)
  const rule = await run.sources.requireRule(registry, repository)
  await run.blobLimit(keyOf(registry.account, rule.upstreamRegistryUrl), async () => {
    const current = (await store.layers.get(registry, keyOf(repository, digest))) ?? layer
    if (run.stopSignal.aborted) return
    if ((await availableSize(current, blobs)) !== undefined) return run.progress.stored(digest)
    const fill = await run.fills.fillLayer(registry, layer)
    if (!fill) throw noRuleServes(repository)
    run.progress.fill(digest, fill)
    await fill.done
  })
}
