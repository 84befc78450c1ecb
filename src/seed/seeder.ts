import pLimit from 'p-limit'
import type { Accounts } from '../access/credentials.js'
import { keyedMutex } from '../coordination/keyed-mutex.js'
import type { Resources } from '../control-plane/services/context.js'
import { findImage, isImageFailure } from '../registry/images/find-image.js'
import type { Records, Store } from '../registry/ports/store.js'
import { apiCalls } from './api-calls.js'
import { applyDeclaration, type Result } from './apply-declaration.js'
import type { DeclaredImage, Declaration, Entry } from './declaration.js'
import { declarationsOf } from './declarations.js'
import { importImage, type ImportPatience } from './seed-images.js'
import { refused, reportedLine, type SeedLine, summaryOf } from './seed-report.js'
import type { Seed } from './seed.js'

/** Puts the seed of the configuration in place, once for all processes of an installation. */
export interface Seeder {
  /**
   * Resolves with the lines of everything but images once it is in place or has failed, whichever process does it.
   * Rejects if the store fails.
   */
  apply(after?: Moment): Promise<readonly SeedLine[]>
  /** Resolves with the lines of the images once each has been imported or has failed. Never rejects. */
  importImages(after?: Moment): Promise<readonly SeedLine[]>
  /** Ends waits and reports nothing more. What is not in place yet is put in place at the next start. */
  stop(): void
}

/**
 * After a start, what is recorded as done stays done, whatever was changed since. After a reset, a record may be of
 * work whose result the reset has removed, because it ended meanwhile: so each entry is looked at.
 */
export type Moment = 'start' | 'reset'

/** What became of the seed of a start. */
export interface SeedReport {
  readonly lines: readonly SeedLine[]
  /** Images are imported once requests are served. */
  readonly images: Promise<readonly SeedLine[]>
}

/** What a seeder needs besides the parts that operations share. */
export interface SeederDeps extends Resources {
  /** A store without records, in which calls are rehearsed. */
  readonly emptyStore: () => Store
  readonly patience?: ImportPatience
}

/** How many images are imported at once: upstreams count requests. */
const IMPORTS_AT_ONCE = 4

/** The seeder of a process. Throws SeedError if the seed breaks the model of the API. */
export function seeder(seed: Seed | undefined, accounts: Accounts | undefined, deps: SeederDeps): Seeder {
  const { declarations, images } = declarationsOf(seed, accounts)
  const stopping = new AbortController()
  // A reset may come while what an earlier one asked for is still running.
  const mutex = keyedMutex()

  const put = (declaration: Declaration) => {
    const { registry } = declaration
    const rehearsal = () => apiCalls(inRehearsal(deps), registry)
    return applyDeclaration(declaration, { call: apiCalls(deps, registry), rehearsal })
  }
  const pull = (image: DeclaredImage) => importImage(image, deps, stopping.signal, deps.patience)
  // Comparing an entry with what exists is the work itself.
  const declared = { name: 'seed', atOnce: 1, work: put }
  const imported = { name: 'seed images', atOnce: IMPORTS_AT_ONCE, work: pull, isInPlace: isStored }

  return {
    apply: (after = 'start') => mutex(declared.name, () => eachOnce(declarations, { ...declared, after }, deps)),
    importImages: (after = 'start') => mutex(imported.name, () => importAll(after)),
    stop: () => stopping.abort(),
  }

  async function importAll(after: Moment): Promise<readonly SeedLine[]> {
    try {
      return await eachOnce(images, { ...imported, after }, deps)
    } catch (err) {
      if (!stopping.signal.aborted)
        deps.log.error({ err }, 'seed images: the imports failed, and are repeated at the next start')
      return []
    }
  }
}

/** An image that was removed by a reset while its import ended is not here. */
const isStored = async ({ registry, repositoryName, imageId }: DeclaredImage, records: Records) =>
  !isImageFailure(await findImage(records, registry, repositoryName, imageId))

/** Rehearsed calls change nothing and warn of nothing. */
const inRehearsal = (deps: SeederDeps): Resources => ({
  ...deps,
  store: deps.emptyStore(),
  log: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
})

interface Undertaking<E> {
  /** Names the lease, and the summary in the log. */
  readonly name: string
  /** How many entries at a time. */
  readonly atOnce: number
  /** Throws ServiceException. */
  readonly work: (entry: E) => Promise<Result>
  /**
   * Whether what the work has stored is still there when it is recorded, and after a reset. Absent if that is not known
   * without the work, which leaves as it is what is there.
   */
  readonly isInPlace?: (entry: E, records: Records) => Promise<boolean>
  readonly after: Moment
}

/**
 * Does the work for every entry whose record does not say that it was done, in one process at a time. A process that
 * loses the lease waits for it again: what another one has done meanwhile is recorded. Failed work is repeated by the
 * next start.
 */
async function eachOnce<E extends Entry>(
  entries: readonly E[],
  undertaking: Undertaking<E>,
  deps: SeederDeps,
): Promise<SeedLine[]> {
  const { store, leases, log } = deps
  const { name, atOnce, after } = undertaking
  if (entries.length === 0) return []
  const limit = pLimit(atOnce)
  const records = await Promise.all(entries.map(async (entry) => recordOf(entry, store)))
  const lines = new Map<E, SeedLine>()
  if (after === 'start' && entries.every(({ digest }, index) => records[index]?.digest === digest))
    for (const entry of entries) lines.set(entry, reportedLine(entry, BEFORE, log))
  while (lines.size < entries.length) {
    const lease = await leases.acquire(name)
    try {
      const remaining = entries.filter((entry) => !lines.has(entry))
      await limit.map(remaining, async (entry) => {
        if (!lease.isLost) lines.set(entry, reportedLine(entry, await once(entry, undertaking, deps), log))
      })
    } finally {
      limit.clearQueue()
      await lease.release()
    }
  }
  const report = entries.flatMap((entry) => lines.get(entry) ?? [])
  log.info({}, `${name}: ${summaryOf(report)}`)
  return report
}

const BEFORE = { outcome: 'unchanged', isFromBefore: true } as const

async function once<E extends Entry>(
  entry: E,
  { work, isInPlace, after }: Undertaking<E>,
  { store, clock }: SeederDeps,
): Promise<Omit<SeedLine, keyof Entry>> {
  const { registry, title, digest } = entry
  const isRecorded = (await recordOf(entry, store))?.digest === digest
  if (isRecorded && (after === 'start' || (await isInPlace?.(entry, store)))) return BEFORE
  const result = await work(entry).catch(refused)
  if (result.outcome === 'failed') return result
  const applied = { digest, appliedAt: (await clock.now()).getTime() }
  await store.transact(registry, async (records) => {
    if (!isInPlace || (await isInPlace(entry, records))) await records.appliedSeeds.put(registry, title, applied)
  })
  return result
}

const recordOf = ({ registry, title }: Entry, { appliedSeeds }: Records) => appliedSeeds.get(registry, title)
