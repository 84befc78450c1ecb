/** What a failure means for the caller. */
export type Meaning =
  /** It has certainly not been carried out, and may be soon. */
  | 'not yet'
  /** The same, and asking again is of no use. */
  | 'refused'
  /** There is no room for what was to be written. */
  | 'full'
  /** Whether it has been carried out is not known. */
  | 'unknown'
  /** A mistake of ours. */
  | 'fault'

/** Nothing was sent, for want of a connection. */
export class NotSent extends Error {}

const NOT_YET =
  /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|NOREPLICAS)\b|enableOfflineQueue options is false/
const AWAY = /^(LOADING|MASTERDOWN|CLUSTERDOWN)\b/

/** https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors: an error begins with its kind. */
export function meaningOf(error: Error): Meaning {
  const { name, message } = innermost(error)
  if (error instanceof NotSent || NOT_YET.test(message)) return 'not yet'
  if (/^(OOM|MISCONF)\b/.test(message)) return 'full'
  if (/^(NOAUTH|WRONGPASS|NOPERM)\b/.test(message)) return 'refused'
  return name === 'ReplyError' ? 'fault' : 'unknown'
}

/** Whether no server answered that could have carried out the command. */
export function isUnavailable(error: Error): boolean {
  const { name, message } = innermost(error)
  return name !== 'ReplyError' || AWAY.test(message)
}

/** A cluster wraps what went wrong with its nodes. */
const innermost = (error: Error & { lastNodeError?: Error | null }): Error => error.lastNodeError ?? error

/** A failure in a few words, on one line. */
export function reasonOf(error: Error): string {
  const { message, code, name } = innermost(error) as NodeJS.ErrnoException
  return message === '' ? (code ?? name) : (message.split('\n', 1)[0] ?? name)
}

const ADVICE: readonly (readonly [reason: RegExp, advice: string])[] = [
  [/NOAUTH/, 'it wants a password: write user:password@ before the host in --store'],
  [/WRONGPASS|invalid password/, 'correct user and password in the URL'],
  [/NOPERM/, 'this user of Redis needs all commands on the keys ecr-local:*'],
  [/cluster support disabled|SELECT is not allowed/, 'redis-cluster:// is for clusters, without a database'],
  [/^MOVED|CROSSSLOT/, 'it belongs to a cluster: redis-cluster://host:6379'],
  [/READONLY/, 'it is a replica: name the master, or the sentinels'],
  [/^OOM/, 'raise its maxmemory; what it must not do is evict: maxmemory-policy noeviction'],
  [/^MISCONF/, 'it cannot write to its disk: make room there, its own log says more'],
  [/DB index|invalid DB/, 'choose a database that it has'],
]

/** Whether the failure lasts until an operator corrects something. */
export const isHopeless = (error: Error): boolean => ADVICE.some(([reason]) => reason.test(reasonOf(error)))

/** Whether Redis refuses this URL's login or database: then every further attempt to connect is refused, too. */
export const isRefusal = (error: Error): boolean =>
  /^(NOAUTH|WRONGPASS|ERR invalid password|ERR DB index|ERR invalid DB)|cluster support disabled|SELECT is not allowed/.test(
    reasonOf(error),
  )

/** What the operator can do about it. */
export const adviceFor = (error: Error): string =>
  ADVICE.find(([reason]) => reason.test(reasonOf(error)))?.[1] ?? 'start it, or correct --store'
