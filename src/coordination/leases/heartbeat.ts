import type { Log } from '../../registry/ports/log.js'
import type { LeaseRecord, Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import type { Holding } from './held-lease.js'

/** Counts the leases of this process up. */
export interface Heartbeat {
  /** Begins, where it has not begun: a process that holds nothing does nothing. */
  start(): void
  stop(): void
}

interface Beating {
  readonly store: Store
  readonly log: Log
  readonly held: Map<string, Holding>
  readonly beatMs: number
}

/** One timer for all leases, for as long as there are any. */
export function heartbeat(beating: Beating): Heartbeat {
  const { held, beatMs } = beating
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  async function beatAll(): Promise<void> {
    await Promise.all([...held.values()].map((holder) => beat(holder, beating)))
    timer = undefined
    if (held.size > 0) start()
  }
  function start() {
    if (isStopped || timer) return
    timer = setTimeout(() => void beatAll(), beatMs)
    timer.unref()
  }
  return {
    start,
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

/** A store that does not answer leaves it open whether the lease is still ours: time tells. */
async function beat(holder: Holding, { store, log, held }: Beating): Promise<void> {
  const { name, owner } = holder
  const sentAt = performance.now()
  try {
    const counted = (record: LeaseRecord) => (record.owner === owner ? { ...record, beat: record.beat + 1 } : record)
    const record = await store.leases.update(installation, name, counted)
    if (record?.owner === owner) return holder.confirm(sentAt)
    held.delete(owner)
    holder.lose()
  } catch (err) {
    log.warn({ err, lease: name }, 'a lease was not counted up')
  }
}
