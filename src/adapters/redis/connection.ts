import { Cluster } from 'ioredis'
import { LRUCache } from 'lru-cache'
import type { Log } from '../../registry/ports/log.js'
import type { Address } from './address.js'
import { type Client, PATIENCE_MS } from './client.js'
import {
  adviceFor,
  explained,
  isUnavailable,
  needsCorrection,
  type Meaning,
  meaningOf,
  NotSent,
  reasonOf,
} from './redis-errors.js'
import { LAYOUT_KEY, tagOf } from './keys.js'
import { superviseClient, type Supervisor, type SupervisorOptions } from './supervisor.js'
import { outageLog } from './outage-log.js'

/** A connection for the lifetime of the process, which survives failures of Redis. */
export interface Connection {
  /** Reads, and retries within the time limit if the connection breaks. Throws StoreUnavailable. */
  readonly read: <T>(key: string, send: (client: Client) => Promise<T>) => Promise<T>
  /**
   * Writes. A command that may have reached Redis is never sent again: StoreUnavailable then means that the outcome is
   * unknown. Throws NoSpace if Redis is full. The time limit grows with the number of bytes.
   */
  readonly write: <T>(key: string, bytes: number, send: (client: Client) => Promise<T>) => Promise<T>
  /** Reconnects to the server that the address leads to now. */
  readonly reconnect: () => void
  readonly close: () => void
}

/** The number of bytes that Redis writes in a millisecond at the least, even on a busy machine. */
const BYTES_PER_MS = 500
/** How long a request waits once Redis has been unavailable for longer than `PATIENCE_MS`. It then tries only once. */
const SHORT_PATIENCE_MS = 500
const START_WITHIN_MS = 5_000
const PAUSE_MS = 50
const REGISTRIES_WATCHED = 1000
const OUTAGES: Partial<Record<Meaning, string>> = {
  full: 'Redis has no space left',
  refused: 'Redis refuses commands',
}

/** Connects, and waits for the first response. Throws an error of one line if there is none. */
export async function connect(options: SupervisorOptions): Promise<Connection> {
  const supervisor = superviseClient(options)
  const deadline = performance.now() + START_WITHIN_MS
  for (;;) {
    try {
      await withTimeLimit(deadline, supervisor.connected(), (client) => client.exists(LAYOUT_KEY))
      return connectionOn(supervisor, options)
    } catch (error) {
      const reason = error instanceof NotSent ? (supervisor.lastError() ?? error) : (error as Error)
      if (performance.now() + PAUSE_MS < deadline && !needsCorrection(reason)) await pause(PAUSE_MS)
      else {
        supervisor.close()
        throw new Error(`Redis does not answer (${reasonOf(reason)}): ${adviceFor(reason)}.`, { cause: error })
      }
    }
  }
}

function connectionOn(supervisor: Supervisor, { address, name, log }: SupervisorOptions): Connection {
  const state = states(address, log, { connection: name })
  let isClosed = false

  /** Retries within the time limit if the command was certainly not executed or may be executed twice. */
  async function persist<T>({ key, isRepeatable, bytes = 0, send }: Command<T>): Promise<T> {
    const server = state(key)
    const { patience, attempts } = server.patience()
    const deadline = performance.now() + patience + bytes / BYTES_PER_MS
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await withTimeLimit(deadline, supervisor.connected(), send)
        server.answered()
        supervisor.answered()
        return response
      } catch (error) {
        const failure = error instanceof NotSent ? notSent(supervisor.lastError()) : (error as Error)
        const meaning = meaningOf(failure)
        server.failed(failure)
        if (isUnavailable(failure)) supervisor.unanswered()
        const mayRepeat = meaning === 'not yet' || (meaning === 'unknown' && isRepeatable)
        const isOver = isClosed || attempt >= attempts || performance.now() + PAUSE_MS >= deadline
        // Also pause before an immediate failure: a caller that retries in a loop must not keep the event loop from
        // connecting.
        await pause(!mayRepeat || isOver ? 0 : PAUSE_MS)
        if (!mayRepeat || isOver) throw explained(failure)
      }
    }
  }

  const read = <T>(key: string, send: (client: Client) => Promise<T>) => persist({ key, isRepeatable: true, send })
  return {
    read,
    async write(key, bytes, send) {
      // Check first that Redis responds: otherwise the write could wait for a connection and be executed after its
      // caller has given up.
      if (state(key).isInDoubt()) await read(key, (client) => client.exists(key))
      return persist({ key, isRepeatable: false, bytes, send })
    },
    reconnect: () => supervisor.reconnect(),
    close() {
      isClosed = true
      supervisor.close()
    },
  }
}

/** The reason is in the client's `error` events, not in the failed command. */
const notSent = (cause: Error | undefined) => new NotSent(cause ? reasonOf(cause) : 'no connection')

interface Command<T> {
  readonly key: string
  readonly isRepeatable: boolean
  readonly bytes?: number
  readonly send: (client: Client) => Promise<T>
}

/** The availability of the server that holds certain keys. */
interface State {
  /** Whether it has not responded yet since the last failure. */
  isInDoubt(): boolean
  patience(): { patience: number; attempts: number }
  answered(): void
  failed(failure: Error): void
}

/**
 * Tracks one state for a single server, and one for each registry in a cluster, of which a part may be unavailable.
 * Each change is logged once.
 */
function states(address: Address, log: Log, facts: object): (key: string) => State {
  const statesById = new LRUCache<string, State>({ max: REGISTRIES_WATCHED })
  return (key) => {
    const id = address.kind === 'cluster' ? tagOf(key) : ''
    const state = statesById.get(id) ?? newState(log, id === '' ? facts : { ...facts, registry: id })
    statesById.set(id, state)
    return state
  }
}

function newState(log: Log, facts: object): State {
  let unavailableSince: number | undefined
  let isInDoubt = true
  const warn = outageLog(log)
  return {
    isInDoubt: () => isInDoubt,
    patience() {
      const isLong = unavailableSince !== undefined && performance.now() - unavailableSince > PATIENCE_MS
      return isLong ? { patience: SHORT_PATIENCE_MS, attempts: 1 } : { patience: PATIENCE_MS, attempts: Infinity }
    },
    answered() {
      if (unavailableSince !== undefined) log.info(facts, 'Redis answers again')
      unavailableSince = undefined
      isInDoubt = false
    },
    failed(failure) {
      isInDoubt = true
      const outage = OUTAGES[meaningOf(failure)]
      if (outage) warn({ ...facts, reason: reasonOf(failure) }, outage)
      if (!isUnavailable(failure)) return
      if (unavailableSince === undefined) log.error({ ...facts, reason: reasonOf(failure) }, 'Redis does not answer')
      unavailableSince ??= performance.now()
    },
  }
}

/** Sends if there is a connection, and stops waiting at the time limit, whatever the client does. */
async function withTimeLimit<T>(
  deadline: number,
  client: Client | undefined,
  send: (client: Client) => Promise<T>,
): Promise<T> {
  if (!client) throw new NotSent('no connection')
  corkForThisTick(client)
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), Math.max(0, deadline - performance.now()))
  })
  return Promise.race([send(client), tooLate]).finally(() => clearTimeout(timer))
}

/**
 * Commands of one tick leave in one write: for a short command the system call costs more than everything else. A
 * cluster has a socket for each server, which its client does not show.
 */
function corkForThisTick(client: Client): void {
  if (client instanceof Cluster) return
  const { stream } = client
  if (stream.writableCorked > 0) return
  stream.cork()
  process.nextTick(() => stream.uncork())
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
