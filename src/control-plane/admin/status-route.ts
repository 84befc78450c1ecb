import type { Failure } from '../../registry/failure.js'
import { latestFailures } from '../../registry/latest-failures.js'
import type { ImportPlan } from '../../registry/cache-rules/cache-rule.js'
import type { BlobStore } from '../../registry/ports/blob-store.js'
import { type Clock, readClock } from '../../registry/ports/clock.js'
import type { Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import { pairingMismatch } from '../../upkeep/installation-label.js'
import type { Amount, RegistryTotals } from '../../upkeep/installation-totals.js'
import type { Reply } from './explain-route.js'

/** What a process is, and where it listens: what does not change while it runs. */
export interface ProcessFacts {
  readonly version: string
  readonly pid: number
  readonly startedAt: Date
  readonly planes: readonly string[]
  /** Where the control plane listens, as clients on its machine reach it. */
  readonly endpoint: string
  /** Host and port of the data plane, wherever it runs. */
  readonly registry: string
  readonly store: string
  readonly blobStorage: string
  readonly auth: string
  /** What was said at the start about the configuration. */
  readonly warnings: readonly string[]
}

/** The dependencies of `GET /_admin/status`. */
export interface StatusDeps {
  readonly store: Store
  readonly blobs: Pick<BlobStore, 'list' | 'notes'>
  readonly clock: Clock
  /** Whether the store answers. Never rejects. */
  readonly isReady: () => Promise<boolean>
  readonly processFacts: () => ProcessFacts
  /** The blobs that are stored; undefined while they are counted for the first time. */
  readonly totalOfBlobs: () => Promise<Amount | undefined>
  /** What each registry holds; undefined while it is counted for the first time. */
  readonly totalsOfRegistries: () => Promise<readonly RegistryTotals[] | undefined>
}

/** The answer, for `ecr-local status` and other programs. Times are ISO 8601, sizes bytes. */
export interface Status extends Omit<ProcessFacts, 'startedAt'> {
  readonly startedAt: string
  readonly uptimeSeconds: number
  /** Whether the store answers. If it does not, what it would have to say is null. */
  readonly isReady: boolean
  /** The emulator's time, and how far it is ahead of the machine's. */
  readonly clock: { readonly now: string; readonly advancedSeconds: number } | null
  /** All blobs that are stored, whether records need them or not; null while they are counted for the first time. */
  readonly blobs: Amount | null
  readonly registries: readonly RegistryTotals[] | null
  /** Images whose layers are still being fetched from their upstream, the first few of them by name. */
  readonly imports: { readonly count: number; readonly first: readonly ImportInFlight[] } | null
  readonly failures: readonly Failure[] | null
}

/** An image that is being imported, or will be again after a failure. */
interface ImportInFlight extends Pick<ImportPlan, 'account' | 'region' | 'repository' | 'digest' | 'tag'> {
  readonly plannedAt: string
  readonly failedAt?: string
}

const MAX_IMPORTS = 5
const MAX_FAILURES = 5

/** Describes the process and what the installation holds. */
export async function status(deps: StatusDeps): Promise<Reply> {
  const { startedAt, warnings, ...facts } = deps.processFacts()
  const isReady = await deps.isReady()
  const mismatch = isReady ? await pairingMismatch(deps) : undefined
  const body: Status = {
    ...facts,
    startedAt: startedAt.toISOString(),
    uptimeSeconds: Math.round((deps.clock.wall().getTime() - startedAt.getTime()) / 1000),
    isReady,
    warnings: [...warnings, ...(isReady ? [] : [NOT_READY]), ...(mismatch === undefined ? [] : [mismatch])],
    ...(isReady ? await holdings(deps) : UNKNOWN),
  }
  return { status: 200, body }
}

type Holdings = Pick<Status, 'clock' | 'blobs' | 'registries' | 'imports' | 'failures'>

/** What is said while the store does not answer. */
export const NOT_READY = 'The store does not answer: the log says why'

const UNKNOWN: Holdings = { clock: null, blobs: null, registries: null, imports: null, failures: null }

async function holdings({ store, clock, totalOfBlobs, totalsOfRegistries }: StatusDeps): Promise<Holdings> {
  const { now, advancedSeconds } = await readClock(clock)
  const [blobs = null, registries = null, count, plans, failures] = await Promise.all([
    totalOfBlobs(),
    totalsOfRegistries(),
    store.count(installation, 'imports'),
    store.imports.list(installation, { limit: MAX_IMPORTS }),
    latestFailures(store, now, MAX_FAILURES),
  ])
  return {
    clock: { now: now.toISOString(), advancedSeconds },
    blobs,
    registries,
    imports: { count, first: plans.items.map(inFlight) },
    failures,
  }
}

const inFlight = ({ account, region, repository, digest, tag, plannedAt, failedAt }: ImportPlan): ImportInFlight => ({
  account,
  region,
  repository,
  digest,
  ...(tag !== undefined && { tag }),
  plannedAt: new Date(plannedAt).toISOString(),
  ...(failedAt !== undefined && { failedAt: new Date(failedAt).toISOString() }),
})
