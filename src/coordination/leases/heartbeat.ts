import type { Log } from '../../registry/ports/log.js'
import type { Store } from '../../registry/ports/store.js'
import type { LeaseRecord } from '../../registry/ports/lease.js'
import { installation } from '../../registry/registry.js'
import type { HeldLease } from './held-lease.js'

/** Increments the counters of the leases that this process holds, which shows other processes that it is alive. */
export interface Heartbeat {
  /** Starts the heartbeat. It stops by itself when the process no longer holds a lease. */
  start(): void
  stop(): void
}

/** The dependencies of a heartbeat. */
export interface HeartbeatDeps {
  readonly store: Store
  readonly log: Log
  /** The leases of this process, by owner. */
  readonly heldLeases: Map<string, HeldLease>
  readonly beatMs: number
}

/** One timer for all leases of the process, running while there are any. */
export function heartbeat(deps: HeartbeatDeps): Heartbeat {
  const { heldLeases, beatMs } = deps
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  async function beatAll(): Promise<void> {
    await Promise.all([...heldLeases.values()].map((lease) => beat(lease, deps)))
    timer = undefined
    if (heldLeases.size > 0) start()
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

/** If the store does not answer, the lease is neither confirmed nor lost yet. It counts as lost after `deadAfterMs`. */
async function beat(lease: HeldLease, { store, log, heldLeases }: HeartbeatDeps): Promise<void> {
  const { name, owner } = lease
  const sentAt = performance.now()
  try {
    const withRaisedCounter = (record: LeaseRecord) =>
      record.owner === owner ? { ...record, beat: record.beat + 1 } : record
    const record = await store.leases.update(installation, name, withRaisedCounter)
    if (record?.owner === owner) return lease.confirm(sentAt)
    heldLeases.delete(owner)
    lease.lose()
  } catch (err) {
    log.warn({ err, lease: name }, 'the heartbeat of a lease could not be written')
  }
}
