import { LRUCache } from 'lru-cache'
import { NoSpace } from '../../registry/ports/blob-store.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import type { Log } from '../../registry/ports/log.js'
import type { Address } from './address.js'
import { type Client, PATIENCE_MS } from './client.js'
import { adviceFor, isUnavailable, isHopeless, type Meaning, meaningOf, NotSent, reasonOf } from './redis-errors.js'
import { LAYOUT_KEY, tagOf } from './keys.js'
import { superviseClient, type Supervisor, type SupervisorOptions } from './supervisor.js'
import { outageLog } from './outage-log.js'

/** A connection that lasts as long as the process, through outages of Redis. */
export interface Connection {
  /** Reads, and retries within the bound where a connection breaks. Throws StoreUnavailable. */
  readonly read: <T>(key: string, ask: (client: Client) => Promise<T>) => Promise<T>
  /**
   * Writes. A command that may have arrived is never sent again: StoreUnavailable then says that the outcome is unknown. Throws
   * NoSpace where Redis is full. The bound grows with the number of bytes.
   */
  readonly write: <T>(key: string, bytes: number, send: (client: Client) => Promise<T>) => Promise<T>
  /** Connects anew, to whatever the address leads to by now. */
  readonly reconnect: () => void
  readonly close: () => void
}

/** What Redis writes in a millisecond at the least, even on a busy machine. */
const BYTES_A_MS = 500
/** Once Redis has been unavailable for longer than the bound, a request tries once, for at most this long. */
const SHORT_PATIENCE_MS = 500
const START_WITHIN_MS = 5_000
const PAUSE_MS = 50
const REGISTRIES_WATCHED = 1000
const OUTAGES: Partial<Record<Meaning, string>> = {
  full: 'Redis has no room left',
  refused: 'Redis refuses what it is asked',
}

/** Connects, and waits for the first answer. Throws a plain error of one line where there is none. */
export async function connect(options: SupervisorOptions): Promise<Connection> {
  const supervisor = superviseClient(options)
  const bound = performance.now() + START_WITHIN_MS
  for (;;) {
    try {
      await within(bound, supervisor.connected(), (client) => client.exists(LAYOUT_KEY))
      return connectionOn(supervisor, options)
    } catch (error) {
      const reason = error instanceof NotSent ? (supervisor.lastError() ?? error) : (error as Error)
      if (performance.now() + PAUSE_MS < bound && !isHopeless(reason)) await pause(PAUSE_MS)
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

  /** Retries until the bound, as long as it is certain that nothing was done or the command is repeatable. */
  async function persist<T>({ key, isRepeatable, bytes = 0, send }: Command<T>): Promise<T> {
    const part = state(key)
    const { patience, tries } = part.patience()
    const bound = performance.now() + patience + bytes / BYTES_A_MS
    for (let tried = 1; ; tried++) {
      try {
        const answer = await within(bound, supervisor.connected(), send)
        part.answered()
        supervisor.answered()
        return answer
      } catch (error) {
        const failure = error instanceof NotSent ? notSent(supervisor.lastError()) : (error as Error)
        const meaning = meaningOf(failure)
        part.failed(failure)
        if (isUnavailable(failure)) supervisor.unanswered()
        const mayRepeat = meaning === 'not yet' || (meaning === 'unknown' && isRepeatable)
        const isOver = isClosed || tried >= tries || performance.now() + PAUSE_MS >= bound
        // Pauses even before it gives up: a caller that retries at once must not keep the event loop from connecting.
        await pause(!mayRepeat || isOver ? 0 : PAUSE_MS)
        if (!mayRepeat || isOver) throw explained(failure)
      }
    }
  }

  const read = <T>(key: string, ask: (client: Client) => Promise<T>) => persist({ key, isRepeatable: true, send: ask })
  return {
    read,
    async write(key, bytes, send) {
      // While Redis is in doubt a write is sent only after a read was answered: otherwise it could be carried out much later.
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

/** ioredis reports why it cannot connect only in its `error` event. */
const notSent = (why: Error | undefined) => new NotSent(why ? reasonOf(why) : 'no connection')

interface Command<T> {
  readonly key: string
  readonly isRepeatable: boolean
  readonly bytes?: number
  readonly send: (client: Client) => Promise<T>
}

/** The state of the server that holds certain keys. */
interface State {
  /** Whether it has not answered since its last failure. */
  isInDoubt(): boolean
  patience(): { patience: number; tries: number }
  answered(): void
  failed(failure: Error): void
}

/** One state for a single server; one per registry in a cluster, of which a part may be unavailable. Changes are logged, once each. */
function states(address: Address, log: Log, facts: object): (key: string) => State {
  const known = new LRUCache<string, State>({ max: REGISTRIES_WATCHED })
  return (key) => {
    const id = address.kind === 'cluster' ? tagOf(key) : ''
    const state = known.get(id) ?? newState(log, id === '' ? facts : { ...facts, registry: id })
    known.set(id, state)
    return state
  }
}

function newState(log: Log, facts: object): State {
  let [unavailableSince, isInDoubt]: [number | undefined, boolean] = [undefined, true]
  const warn = outageLog(log)
  return {
    isInDoubt: () => isInDoubt,
    patience() {
      const isLong = unavailableSince !== undefined && performance.now() - unavailableSince > PATIENCE_MS
      return isLong ? { patience: SHORT_PATIENCE_MS, tries: 1 } : { patience: PATIENCE_MS, tries: Infinity }
    },
    answered() {
      if (unavailableSince !== undefined) log.info(facts, 'Redis answers again')
      ;[unavailableSince, isInDoubt] = [undefined, false]
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

function explained(failure: Error): Error {
  const meaning = meaningOf(failure)
  const reason = reasonOf(failure)
  // The client's error contains the whole command, and with it stored data, which must not be logged.
  if (meaning === 'fault') return new Error(`Redis reports a mistake (${reason})`)
  if (meaning === 'full') return new NoSpace(`Redis has no room left (${reason})`, { cause: failure })
  return new StoreUnavailable(`Redis does not answer (${reason})`, { cause: failure })
}

/** Sends if there is a connection, and waits until the bound at most, whatever the client does. */
async function within<T>(bound: number, client: Client | undefined, send: (client: Client) => Promise<T>): Promise<T> {
  if (!client) throw new NotSent('no connection')
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), Math.max(0, bound - performance.now()))
  })
  return Promise.race([send(client), tooLate]).finally(() => clearTimeout(timer))
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
