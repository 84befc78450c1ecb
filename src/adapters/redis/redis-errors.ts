import { NoSpace } from '../../registry/ports/blob-store.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'

/** What a failure means for the caller. */
export type Meaning =
  /** The command was certainly not executed, and may succeed soon. */
  | 'not yet'
  /** The command was certainly not executed, and a retry would fail as well. */
  | 'refused'
  /** Redis has no memory or disk space for the write. */
  | 'full'
  /** Whether the command was executed is unknown. */
  | 'unknown'
  /** A bug in ecr-local. */
  | 'fault'

/** The command was not sent, because there is no connection. */
export class NotSent extends Error {}

const NOT_YET =
  /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|NOREPLICAS)\b|enableOfflineQueue options is false/
const UNAVAILABLE = /^(LOADING|MASTERDOWN|CLUSTERDOWN)\b/

/**
 * Classifies an error by the kind it begins with:
 * https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 */
export function meaningOf(error: Error): Meaning {
  const { name, message } = innermost(error)
  if (error instanceof NotSent || NOT_YET.test(message)) return 'not yet'
  if (/^(OOM|MISCONF)\b/.test(message)) return 'full'
  if (/^(NOAUTH|WRONGPASS|NOPERM)\b/.test(message)) return 'refused'
  return name === 'ReplyError' ? 'fault' : 'unknown'
}

/** Whether a bug in ecr-local is the reason, so that only the command that failed is affected. */
export const isFault = (error: Error): boolean => meaningOf(error) === 'fault'

/** Whether no server that could execute the command responded. */
export function isUnavailable(error: Error): boolean {
  const { name, message } = innermost(error)
  return name !== 'ReplyError' || UNAVAILABLE.test(message)
}

/** A cluster client wraps the error of a node in an error of its own. */
const innermost = (error: Error & { lastNodeError?: Error | null }): Error => error.lastNodeError ?? error

/** The error that a caller of the store gets for a failure. */
export function explained(failure: Error): Error {
  const meaning = meaningOf(failure)
  const reason = reasonOf(failure)
  // The client's own error contains the whole command, and with it stored data that must not be logged.
  if (meaning === 'fault') return new Error(`Redis rejected a command (${reason})`)
  if (meaning === 'full') return new NoSpace(`Redis has no space left (${reason})`, { cause: failure })
  return new StoreUnavailable(`Redis does not answer (${reason})`, { cause: failure })
}

/** A short description of a failure, on one line. */
export function reasonOf(error: Error): string {
  const { message, code, name } = innermost(error) as NodeJS.ErrnoException
  return message === '' ? (code ?? name) : (message.split('\n', 1)[0] ?? name)
}

const ADVICE: readonly (readonly [reason: RegExp, advice: string])[] = [
  [/NOAUTH/, 'it requires a password: write user:password@ before the host in --store'],
  [/WRONGPASS|invalid password/, 'correct user and password in the URL'],
  [/NOPERM/, 'this user of Redis needs all commands on the keys ecr-local:*'],
  [/cluster support disabled|SELECT is not allowed/, 'redis-cluster:// is for clusters, without a database'],
  [/^MOVED|CROSSSLOT/, 'it belongs to a cluster: use redis-cluster://host:6379'],
  [/READONLY/, 'it is a replica: use the address of the master, or of the sentinels'],
  [/^OOM/, 'raise its maxmemory, and keep maxmemory-policy noeviction: it must not evict keys'],
  [/^MISCONF/, 'it cannot write to its disk: free space there; its own log has the details'],
  [/DB index|invalid DB/, 'choose a database that it has'],
]

/** Whether retries are of no use until the configuration of Redis or of ecr-local is corrected. */
export const needsCorrection = (error: Error): boolean => ADVICE.some(([reason]) => reason.test(reasonOf(error)))

/** Whether Redis refuses the login or the database in the URL, so that every further attempt to connect fails alike. */
export const isRefusal = (error: Error): boolean =>
  /^(NOAUTH|WRONGPASS|ERR invalid password|ERR DB index|ERR invalid DB)|cluster support disabled|SELECT is not allowed/.test(
    reasonOf(error),
  )

/** What the user can do about a failure. */
export const adviceFor = (error: Error): string =>
  ADVICE.find(([reason]) => reason.test(reasonOf(error)))?.[1] ?? 'start it, or correct --store'
