import { settleSize } from '../../registry/images/image-size.js'
import type { Image } from '../../registry/images/image.js'
import { contentsOf } from '../../registry/images/image-contents.js'
import type { Lease } from '../../registry/ports/lease.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import { sizeOfBytes } from '../../registry/layers/layer-with-bytes.js'
import { keyOf } from '../../registry/ports/store.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import type { PlannedImport } from '../../registry/cache-rules/cache-rule.js'
import { completeRecords } from '../../registry/images/image-registration.js'
import { installation, type Registry } from '../../registry/registry.js'
import { mapInBatches } from '../../coordination/event-loop.js'
import type { LayerCache } from '../fills/layer-cache.js'
import { importProgress, type ImportProgress } from '../imports/import-progress.js'
import { LOOK_EVERY_MS, leftPlans, type LeftPlansDeps } from './backlog.js'
import { type KeyedLimit, keyedLimit } from '../../coordination/keyed-mutex.js'
import { type ImportDeps, importManifest, planKey } from '../imports/manifest-import.js'
import { type PullScope, pullScope } from '../pull-scope.js'
import { noRuleServes, ruleOf, sourceOf } from '../upstream-source.js'

/** Brings in what an imported manifest needs: the images an index lists, all platforms, and every blob. */
export interface Completion {
  /**
   * Resolves when the image is here whole; rejects with what kept it from being so. Joined if it is under way. `told` is
   * where the request that wants it has its lines, unless that is the log of all.
   */
  complete(plan: PlannedImport, told?: Told): Promise<void>
  /** Takes up what is planned and nobody is at; resolves when that, and what this process is at, is over. */
  resume(): Promise<void>
  /** Takes up what is planned and nobody is at, now and from then on: what another process left when it died, too. */
  watch(): void
  /** Begins nothing more; what is planned stays planned. */
  stop(): void
}

/** Where what happens is told. */
export type Told = Pick<ImportDeps, 'log' | 'recordEvent'>

/** What completing needs. */
export interface CompletionDeps extends LeftPlansDeps {
  readonly layers: LayerCache
}

interface Run extends CompletionDeps {
  /** Of an account's upstream: a dead one, and one account's slow layers, hold up only their own. */
  readonly limit: KeyedLimit
  stopped: boolean
}

/** The run of one import, reported on. */
interface ImportRun extends Run {
  readonly progress: ImportProgress
  readonly scope: PullScope
}

/** Blobs of an account's upstream fetched behind pulls at a time: fewer than it takes, so that those in the foreground go first. */
const BACKGROUND_BLOBS = 3

/** Blobs of one image that are looked at together. */
const BLOBS_AT_ONCE = 50

/** The work behind imports: one run per image, of all processes, however often it is asked for. */
export function completion(deps: CompletionDeps): Completion {
  const run: Run = { ...deps, limit: keyedLimit(BACKGROUND_BLOBS), stopped: false }
  const takeUp = leftPlans(deps, (plan, lease) => carryOut(plan, lease, run))
  let watching: NodeJS.Timeout | undefined
  const look = () =>
    void takeUp('due').catch((err: unknown) =>
      // That the store is away is told once, by itself.
      deps.log[err instanceof StoreUnavailable ? 'debug' : 'warn']({ err }, 'planned imports could not be looked for'),
    )

  return {
    complete: (plan, told) =>
      deps.singleFlight.do(`complete ${planKey(plan)}`, (lease) =>
        carryOut(plan, lease, told ? telling(told, run) : run),
      ),
    resume: () => takeUp('all'),
    watch() {
      watching ??= setInterval(look, LOOK_EVERY_MS).unref()
      look()
    },
    stop() {
      run.stopped = true
      clearInterval(watching)
    },
  }
}

const telling = <More extends object>(more: More, run: Run): Run & More => ({
  ...run,
  ...more,
  get stopped() {
    return run.stopped
  },
})

async function carryOut(plan: PlannedImport, lease: Lease, run: Run): Promise<void> {
  const { account, region, repository, digest } = plan
  const [progress, scope] = [importProgress(plan, run), pullScope()]
  scope.takeImage(digest, 0)
  try {
    await bringImage({ account, region }, repository, digest, telling({ progress, scope }, run))
    if (run.stopped || lease.isLost) return
    const isPlanned = (await run.store.imports.get(installation, planKey(plan))) !== undefined
    await run.store.imports.remove(installation, planKey(plan))
    // An import that is asked for again and lacks nothing is no news.
    if (isPlanned) await progress.succeeded(scope.leftOut())
  } catch (err) {
    if (!run.stopped) await Promise.all([noteFailure(plan, err, run), progress.failed(err)])
    throw err
  } finally {
    progress.stop()
  }
}

/** Best effort: where the store is away the plan is tried again sooner. */
async function noteFailure(plan: PlannedImport, err: unknown, { store, clock, log }: Run): Promise<void> {
  log.warn({ err, ...plan }, 'an image is not here whole: it stays planned')
  const noted = clock.now().then((now) => {
    const failed = (record: PlannedImport) => ({ ...record, failedAt: now.getTime() })
    return store.imports.update(installation, planKey(plan), failed)
  })
  await noted.catch((cause: unknown) => log.warn({ err: cause, ...plan }, 'a failed import was not written down'))
}

/** Brings what an image lacks, within the scope: an index may list an image twice, or be listed by one it lists. */
async function bringImage(
  registry: Registry,
  repository: string,
  digest: string,
  run: ImportRun,
  depth = 0,
): Promise<void> {
  const image = await run.store.images.get(registry, keyOf(repository, digest))
  if (!image || run.stopped) return
  const failures: unknown[] = []
  const bring = (work: Promise<void>) => work.catch((failure: unknown) => void failures.push(failure))
  const contents = await contentsOf(image, run.blobs)
  if (!contents) throw new UpstreamFailure('unavailable', `The manifest of ${digest} is not here any more`)
  run.progress.image(image, contents)
  // Too much for one transaction: a process may have died between those it took.
  if (!image.blobs) await completeRecords(run.store, registry, { ...image, ...contents })
  for (const member of contents.manifests) {
    if (run.scope.takeImage(member.digest, depth + 1))
      await bring(bringMember(registry, image, member.digest, run, depth + 1))
  }
  const blobs = run.scope.takeBlobs(contents.blobs)
  await mapInBatches(blobs, (blob) => bring(bringBlob(registry, repository, blob.digest, run)), BLOBS_AT_ONCE)
  if (contents.manifests.length > 0) await settleSize(run.store, registry, image, contents.manifests)
  // Every member and blob gets its chance before the first failure is told.
  if (failures.length > 0) throw failures[0]
}

async function bringMember(registry: Registry, { repository }: Image, digest: string, run: ImportRun, depth: number) {
  const here = await run.store.images.get(registry, keyOf(repository, digest))
  if (!here && !(await bringManifest(registry, repository, digest, run))) return
  await bringImage(registry, repository, digest, run, depth)
  if (!run.stopped) await run.store.imports.remove(installation, planKey({ ...registry, repository, digest }))
}

/** Whether the manifest was had: an index may list images its registry does not keep. */
async function bringManifest(registry: Registry, repository: string, digest: string, run: Run): Promise<boolean> {
  if (run.stopped) return false
  const source = await sourceOf(registry, repository, run)
  if (!source) throw noRuleServes(repository)
  const now = await run.clock.now()
  try {
    await importManifest({ registry, repository, imageId: { imageDigest: digest }, source, now, isMember: true }, run)
    return true
  } catch (error) {
    if (error instanceof UpstreamFailure && error.kind === 'not-found') return false
    throw error
  }
}

async function bringBlob(registry: Registry, repository: string, digest: string, run: ImportRun): Promise<void> {
  const layer = await run.store.layers.get(registry, keyOf(repository, digest))
  if (!layer || (await sizeOfBytes(layer, run.blobs)) !== undefined) return
  const rule = await ruleOf(registry, repository, run)
  if (!rule) throw noRuleServes(repository)
  await run.limit(keyOf(registry.account, rule.upstreamRegistryUrl), async () => {
    const now = (await run.store.layers.get(registry, keyOf(repository, digest))) ?? layer
    if (run.stopped || (await sizeOfBytes(now, run.blobs)) !== undefined) return
    const fill = await run.layers.fill(registry, layer)
    if (!fill) throw noRuleServes(repository)
    run.progress.fill(fill)
    await fill.done
  })
}
