import type { Log } from '../../registry/ports/log.js'
import type { Address } from './address.js'
import { type Client, clientFor, retryDelay } from './client.js'
import { adviceFor, isRefusal, NotSent, reasonOf } from './redis-errors.js'

/** The settings of a supervised client. */
export interface SupervisorOptions {
  readonly address: Address
  /** The purpose of the connection, as it appears in the log and in CLIENT LIST: `all`, `reads` or `writes`. */
  readonly name: string
  readonly log: Log
  /** Called once if Redis has refused the login or the database for `giveUpAfterMs` without interruption. */
  readonly onLost: (error: Error) => void
  readonly giveUpAfterMs: number
}

/** Provides a client of Redis, and replaces it if it does not recover by itself. */
export interface Supervisor {
  /** The client for the next command, if it is connected. Do not retain it: it may be replaced. */
  connected(): Client | undefined
  /** Why there is no connection, if the client has reported it. */
  lastError(): Error | undefined
  answered(): void
  unanswered(): void
  /** Reconnects to the server that the address leads to now. */
  reconnect(): void
  close(): void
}

/**
 * A client that receives no response to any command for this long is replaced. Its own attempts to reconnect take a
 * second at most, and it gives up a server that hangs after `socketTimeout`.
 */
const REPLACE_AFTER_MS = 30_000

/**
 * Maintains a client for the lifetime of the process. ioredis reconnects by itself after most failures, but not after
 * all: a failover that is announced while the client is asking the sentinels for the master, or an address that cannot
 * be connected to at all, puts it into the state `end` for good. Then it is replaced by a new client.
 */
export function superviseClient(options: SupervisorOptions): Supervisor {
  let isClosed = false
  let failedConnections = 0
  const silence = uninterruptedPeriod()
  const refusals = refusalsUntil(options, () => close())
  let current = open()

  function open() {
    silence.over()
    const client = clientFor(options.address, `ecr-local:${options.name}`)
    client.on('ready', () => (failedConnections = 0))
    client.on('end', () => client === current.client && !isClosed && replaceAfterDelay())
    return { client, ...errorsOf(client, refusals) }
  }

  function replaceAfterDelay() {
    const { client, lastError } = current
    const reason = reasonOf(lastError() ?? new NotSent('no connection'))
    options.log.info({ connection: options.name, reason }, 'A connection to Redis ended and is replaced')
    setTimeout(() => client === current.client && replace(), retryDelay(++failedConnections))
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
 * Tracks why a client has no connection, and whether it must not be used although it has one: after Redis has refused
 * to SELECT the database, ioredis continues with database 0.
 */
function errorsOf(client: Client, refusals: Refusals) {
  let lastError: Error | undefined
  let isRefused = false
  client.on('connect', () => (isRefused = false))
  client.on('error', (error: Error) => {
    lastError = error
    isRefused = isRefusal(error)
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

/** Measures for how long the login or the database has been refused. */
interface Refusals {
  note(error: Error): void
  over(): void
}

function refusalsUntil({ giveUpAfterMs, onLost }: SupervisorOptions, close: () => void): Refusals {
  const period = uninterruptedPeriod()
  return {
    note(error) {
      if (!isRefusal(error)) return period.over()
      if (period.note() < giveUpAfterMs) return
      close()
      onLost(new Error(`Redis refuses this process (${reasonOf(error)}): ${adviceFor(error)}.`, { cause: error }))
    },
    over: period.over,
  }
}

/** Measures for how long a condition has lasted without interruption. */
function uninterruptedPeriod() {
  let since: number | undefined
  return {
    /** Notes the condition. Returns the milliseconds since it was first noted. */
    note: () => performance.now() - (since ??= performance.now()),
    over: () => void (since = undefined),
  }
}
