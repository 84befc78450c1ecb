import { yieldToEventLoop } from '../../coordination/event-loop.js'
import { listEach } from '../../registry/list-records.js'
import { keyOf, type Records } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { backfillReplicationKey, endBackfill } from '../../registry/replication/backfill-records.js'
import type { CopyOutcome } from '../../registry/replication/image-copy.js'
import { withResult } from '../../registry/replication/image-replication.js'
import {
  type Backfill,
  type BackfillProgress,
  type BackfillReplication,
  type BackfillResult,
  hasTooManyFailures,
  isFinished,
  isTerminal,
  MAX_PASSES,
  nextPass,
  withBackfillResult,
} from '../../registry/replication/replication-backfill.js'
import { registryOf } from '../../registry/replication/replication-configuration.js'
import { recordReplication } from './replication-events.js'
import type { PendingReplicationsDeps } from './pending-replications.js'

/** Copied between two commits, and in one run. A process that is killed repeats no more than these. */
const PER_COMMIT = 25

/** What a run works on. */
interface Run {
  readonly backfill: Backfill
  readonly now: Date
  readonly stopSignal: AbortSignal
}

/** What was tried between two commits. */
interface Batch {
  readonly results: readonly { readonly replication: BackfillReplication; readonly result: BackfillResult }[]
  /** The key of the last replication that was tried, with or without a result. */
  readonly after?: string
  /** Whether that was the last one of the pass. */
  readonly isLast: boolean
}

/**
 * Copies the next images of a backfill and records the results. Ends it after the last one, when too many have failed,
 * or when it is to stop.
 */
export async function copyBackfill(deps: PendingReplicationsDeps, registry: Registry, run: Run): Promise<void> {
  const { backfill } = run
  if (!backfill.progress) return
  const nothing: Batch = { results: [], isLast: false }
  const batch = backfill.status === 'STOPPING' ? nothing : await copyNext(deps, registry, run, backfill.progress)
  await deps.store.transact(registry, (records) => recordBatch(records, registry, run, batch))
  await yieldToEventLoop()
}

async function copyNext(
  deps: PendingReplicationsDeps,
  registry: Registry,
  run: Run,
  progress: BackfillProgress,
): Promise<Batch> {
  const { backfill, stopSignal } = run
  const results: { replication: BackfillReplication; result: BackfillResult }[] = []
  let [after, counts, attempts] = [backfill.triedAfter, progress, 0]
  const page = { prefix: keyOf(backfill.id, ''), after, firstPage: PER_COMMIT + 1 }
  for await (const replication of listEach(deps.store.backfillReplications, registry, page)) {
    if (attempts >= PER_COMMIT || stopSignal.aborted || hasTooManyFailures(counts))
      return { results, isLast: false, ...(after !== undefined && { after }) }
    after = backfillReplicationKey(replication)
    if (replication.result) continue
    attempts++
    const result = await resultFor(deps, registry, replication, run)
    if (!result) continue
    counts = withBackfillResult(counts, result)
    results.push({ replication, result })
  }
  return { results, isLast: true, ...(after !== undefined && { after }) }
}

/** Undefined if it is to be tried again in the next pass. */
async function resultFor(
  deps: PendingReplicationsDeps,
  source: Registry,
  { repository, digest, tag }: BackfillReplication,
  { backfill }: Run,
): Promise<BackfillResult | undefined> {
  const now = await deps.clock.now()
  const tags = tag === undefined ? [] : [tag]
  const copy = { source, destination: registryOf(backfill.destination), repository, digest, tags, now }
  const image = await deps.store.images.get(source, keyOf(repository, digest))
  const isMoved = image !== undefined && tag !== undefined && !image.tags.includes(tag)
  const outcome: CopyOutcome = isMoved ? { status: 'FAILED', failureCode: 'ImageNotFound' } : await deps.replicate(copy)
  if (outcome.status === 'INCOMPLETE' && backfill.pass + 1 < MAX_PASSES) return undefined
  await recordReplication(deps.events, copy, outcome.status === 'COMPLETE' ? 'SUCCESS' : 'FAILED', backfill.id)
  if (outcome.status === 'COMPLETE') return outcome
  const { failureCode, subImageFailureCodes } = outcome
  return { status: 'FAILED', failureCode, ...(subImageFailureCodes && { subImageFailureCodes }) }
}

/**
 * The backfill is read again, because it may have been told to stop meanwhile. A result that is recorded already is not
 * counted twice: it comes from another process, if this one was taken for dead.
 */
async function recordBatch(
  records: Records,
  registry: Registry,
  { backfill: { id }, now }: Run,
  { results, after, isLast }: Batch,
): Promise<void> {
  const backfill = await records.replicationBackfills.get(registry, id)
  if (!backfill?.progress || isTerminal(backfill.status)) return
  let { progress } = backfill
  for (const { replication, result } of results) {
    const stored = await records.backfillReplications.get(registry, backfillReplicationKey(replication))
    if (stored?.result) continue
    progress = withBackfillResult(progress, result)
    await recordResult(records, registry, { replication, result, backfill })
  }
  const advanced: Backfill = { ...backfill, progress, ...(after !== undefined && { triedAfter: after }) }
  const end = (status: 'FAILED' | 'STOPPED' | 'COMPLETE') =>
    endBackfill(records, registry, { backfill: advanced, status, now })
  if (backfill.status === 'STOPPING') await end('STOPPED')
  else if (hasTooManyFailures(progress)) await end('FAILED')
  else if (isLast && isFinished(progress)) await end('COMPLETE')
  else await records.replicationBackfills.put(registry, id, isLast ? nextPass(advanced, now) : advanced)
}

async function recordResult(
  { backfillReplications, imageReplications, images }: Records,
  registry: Registry,
  { replication, result, backfill }: Batch['results'][number] & { readonly backfill: Backfill },
): Promise<void> {
  const { repository, digest } = replication
  await backfillReplications.put(registry, backfillReplicationKey(replication), { ...replication, result })
  const key = keyOf(repository, digest)
  const [image, existing] = await Promise.all([images.get(registry, key), imageReplications.get(registry, key)])
  if (!image) return
  const record = existing ?? { repository, digest, destinations: [] }
  await imageReplications.put(registry, key, withResult(record, backfill.destination, resultOnly(result)))
}

const resultOnly = (result: BackfillResult) =>
  result.status === 'COMPLETE' ? { status: result.status } : { status: result.status, failureCode: result.failureCode }
