import type { Log } from '../../registry/ports/log.js'
import type { Address } from './address.js'
import { type Client, clientFor, retryDelay } from './client.js'
import { adviceFor, isRefusal, NotSent, reasonOf } from './redis-errors.js'

/** How a client is kept usable, whatever becomes of it. */
export interface SupervisorOptions {
  readonly address: Address
  /** What the connection is for, as the log and CLIENT LIST of Redis show it: `all`, or `reads` or `writes`. */
  readonly name: string
  readonly log: Log
  /** Called once, when Redis has refused the login or the database for `giveUpAfterMs` without a break. */
  readonly onLost: (error: Error) => void
  readonly giveUpAfterMs: number
}

/** A client of Redis that is replaced when it does not recover by itself. */
export interface Supervisor {
  /** The client to send the next command with, if it has a connection; not to be kept, since it may be replaced. */
  connected(): Client | undefined
  /** Why there is no connection, where the client has said so. */
  lastError(): Error | undefined
  answered(): void
  unanswered(): void
  /** Connects anew, to whatever the address leads to by now. */
  reconnect(): void
  close(): void
}

/**
 * A client that has answered no command for this long is replaced: its own attempts to reconnect take a second at
 * most, and a server that hangs is given up after `socketTimeout`.
 */
const REPLACE_AFTER_MS = 30_000

/**
 * Keeps a client for as long as the process lives. ioredis reconnects by itself after most failures, but not after all: a
 * failover that is announced while the client still asks the sentinels for the master, or an address that cannot be
 * connected to at all, puts it into the state `end` for good. Then another client takes its place.
 */
export function superviseClient(options: SupervisorOptions): Supervisor {
  const { address, name, log } = options
  let [isClosed, endings] = [false, 0]
  const silence = period()
  const refusals = refusalsUntil(options, () => close())
  let current = open()

  function open() {
    silence.over()
    const client = clientFor(address, `ecr-local:${name}`)
    client.on('ready', () => (endings = 0))
    client.on('end', () => client === current.client && !isClosed && ended())
    return { client, ...errorsOf(client, refusals) }
  }

  function ended() {
    const { client, lastError } = current
    const reason = reasonOf(lastError() ?? new NotSent('no connection'))
    log.info({ connection: name, reason }, 'A connection to Redis ended and is replaced')
    setTimeout(() => client === current.client && replace(), retryDelay(++endings))
  }

  function replace() {
    if (isClosed) return
    const { client } = current
    current = open()
    client.disconnect()
  }

  function close() {
    isClosed = true
    current.client.disconnect()
  }

  return {
    connected: () => (current.client.status === 'ready' && !current.isRefused() ? current.client : undefined),
    lastError: () => current.lastError(),
    answered: () => silence.over(),
    unanswered() {
      if (silence.note() > REPLACE_AFTER_MS) replace()
    },
    reconnect: () => current.reconnect(),
    close,
  }
}

/**
 * Why a client has no connection, and whether it must not be used though it has one: ioredis goes on after Redis refused to
 * SELECT the database, and then uses database 0.
 */
function errorsOf(client: Client, refusals: Refusals) {
  let [lastError, isRefused]: [Error | undefined, boolean] = [undefined, false]
  client.on('connect', () => (isRefused = false))
  client.on('error', (error: Error) => {
    ;[lastError, isRefused] = [error, isRefusal(error)]
    refusals.note(error)
  })
  client.on('ready', () => {
    if (isRefused) return client.disconnect(true)
    lastError = undefined
    refusals.over()
  })
  return {
    lastError: () => lastError,
    isRefused: () => isRefused,
    reconnect() {
      if (client.status === 'ready') client.disconnect(true)
    },
  }
}

/** Counts how long a login is refused. */
interface Refusals {
  note(error: Error): void
  over(): void
}

function refusalsUntil({ giveUpAfterMs, onLost }: SupervisorOptions, close: () => void): Refusals {
  const refused = period()
  return {
    note(error) {
      if (!isRefusal(error)) return refused.over()
      if (refused.note() < giveUpAfterMs) return
      close()
      onLost(new Error(`Redis refuses this process (${reasonOf(error)}): ${adviceFor(error)}.`, { cause: error }))
    },
    over: refused.over,
  }
}

/** How long something has gone on without a break. */
function period() {
  let since: number | undefined
  return {
    /** Milliseconds since it was noted first. */
    note: () => performance.now() - (since ??= performance.now()),
    over: () => void (since = undefined),
  }
}
