import { LRUCache } from 'lru-cache'
import type { Image } from '../registry/images/image.js'
import type { ClientPull } from '../registry/event-log.js'
import type { Log } from '../registry/ports/log.js'
import type { PullSource, StatisticsRecorder } from '../registry/ports/statistics-recorder.js'
import { keyOf } from '../registry/ports/store.js'
import { type CountedPulls, countedPulls, type PullCaller } from './counted-pulls.js'

/** A caller, and the time of its request by the emulator's clock, at which a new pull may begin. */
export interface Puller extends PullCaller {
  readonly now: Date
}

/**
 * Joins the requests of one pull, which a client makes one by one, into one log line and one event: who pulled what,
 * how many bytes, and whether they were cached. A pull consists of all requests of one caller to one repository without
 * a pause of `QUIET_MS`.
 */
export interface PullSessions {
  /** A tag was resolved by HEAD, as Docker and containerd do before they get the manifest by its digest. */
  resolved(puller: Puller, tag: string, source: PullSource): void
  manifest(puller: Puller, image: Image, tag: string | undefined, source: PullSource): void
  layer(caller: PullCaller, bytes: number, source: PullSource): void
  /** Ends the open sessions; resolves when their pulls are recorded. */
  close(): Promise<void>
}

/** The dependencies of recording pulls. */
export interface PullSessionDeps {
  readonly log: Log
  /** Undefined if `events.pulls` is off: then pulls are only logged. */
  readonly recordPull: ((pull: ClientPull, now: Date) => Promise<void>) | undefined
  readonly statistics: Pick<StatisticsRecorder, 'pulled' | 'sent'>
}

interface PullSession {
  readonly puller: Puller
  readonly tags: Set<string>
  readonly digests: Set<string>
  readonly bytes: Record<PullSource, number>
  /** The single pulls of the session. */
  readonly counted: CountedPulls
  /** Whether an import for one of its requests has been waited for. */
  hasImported: boolean
  isLogged: boolean
}

/** How long after its last request a pull ends, by the machine's clock. */
const QUIET_MS = 5_000
/** The most open sessions, to bound memory. Beyond it the oldest is recorded early. */
const MAX_SESSIONS = 1_000
/**
 * The most names recorded of one pull, so that a caller who pulls every tag of a repository does not create a huge
 * event.
 */
const MAX_NAMES = 20

/** The pull sessions of one data plane. */
export function pullSessions({ log, recordPull, statistics }: PullSessionDeps): PullSessions {
  const recording = new Set<Promise<void>>()
  const sessions = openSessions(statistics, (session) => {
    session.counted.end()
    if (!recordPull || session.digests.size === 0) return
    const recorded = recordPull(eventOf(session), session.puller.now)
      .catch((err: unknown) => log.warn({ err }, 'a pull was not recorded as an event'))
      .finally(() => recording.delete(recorded))
    recording.add(recorded)
  })

  return {
    resolved: (puller, tag, source) => addResolved(sessions.of(puller), tag, source),
    manifest(puller, image, tag, source) {
      const session = sessions.of(puller)
      addManifest(session, image, tag, source)
      statistics.sent(puller.registry, source, image.manifestSize)
      if (!session.isLogged) logPull(log, session, image, source)
      session.isLogged = true
    },
    layer(caller, bytes, source) {
      statistics.sent(caller.registry, source, bytes)
      const session = sessions.find(caller)
      if (!session) return
      session.bytes[source] += bytes
      session.counted.layer(bytes, source)
    },
    async close() {
      sessions.endAll()
      await Promise.all(recording)
    },
  }
}

const newSession = (puller: Puller, statistics: PullSessionDeps['statistics']): PullSession => ({
  puller,
  tags: new Set(),
  digests: new Set(),
  bytes: { cache: 0, upstream: 0 },
  counted: countedPulls(puller, statistics),
  hasImported: false,
  isLogged: false,
})

function addResolved(session: PullSession, tag: string, source: PullSource): void {
  addTo(session.tags, tag)
  session.counted.resolved(tag, source)
  session.hasImported ||= source === 'upstream'
}

function addManifest(session: PullSession, image: Image, tag: string | undefined, source: PullSource): void {
  if (tag !== undefined) addTo(session.tags, tag)
  addTo(session.digests, image.digest)
  session.bytes[source] += image.manifestSize
  session.counted.manifest(image, tag, source)
  session.hasImported ||= source === 'upstream'
}

/** The open sessions. `ended` is called with each session that has been quiet or that is the oldest of too many. */
function openSessions(statistics: PullSessionDeps['statistics'], ended: (session: PullSession) => void) {
  const sessions = new LRUCache<string, PullSession>({
    max: MAX_SESSIONS,
    ttl: QUIET_MS,
    updateAgeOnGet: true,
    allowStale: true,
    dispose: ended,
    // The same clock as the timer below, even if a test replaces it.
    ttlResolution: 0,
    perf: { now: () => performance.now() },
  })
  let timer: NodeJS.Timeout | undefined

  function endQuiet(): void {
    sessions.purgeStale()
    if (sessions.size === 0) timer = void clearInterval(timer)
  }

  function open(key: string, puller: Puller): PullSession {
    const session = newSession(puller, statistics)
    sessions.set(key, session)
    timer ??= setInterval(endQuiet, QUIET_MS / 5).unref()
    return session
  }

  const keyOfPuller = ({ registry, repository, principal }: PullCaller) =>
    keyOf(registry.account, registry.region, repository, principal)

  return {
    of: (puller: Puller): PullSession => sessions.get(keyOfPuller(puller)) ?? open(keyOfPuller(puller), puller),
    find: (caller: PullCaller): PullSession | undefined => sessions.get(keyOfPuller(caller)),
    endAll(): void {
      sessions.clear()
      endQuiet()
    },
  }
}

function addTo(names: Set<string>, name: string): void {
  if (names.size < MAX_NAMES) names.add(name)
}

/** Logs a pull, except a first one: its import logs it with size and duration once complete. */
function logPull(log: Log, { puller, tags }: PullSession, { digest, pulledThrough }: Image, source: PullSource): void {
  if (source === 'upstream') return
  const { registry, repository, principal } = puller
  const [tag] = tags
  const name = tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`
  log.info({ ...registry, principal, repository, tag, digest }, `${name} ${pulledThrough ? 'from cache' : 'pulled'}`)
}

function eventOf({ puller, tags, digests, bytes, hasImported }: PullSession): ClientPull {
  const { registry, repository, principal } = puller
  return {
    registry,
    repository,
    detail: {
      'image-tags': [...tags],
      'image-digests': [...digests],
      principal,
      'cache-result': hasImported || bytes.upstream > 0 ? 'miss' : 'hit',
      'bytes-from-cache': bytes.cache,
      'bytes-from-upstream': bytes.upstream,
    },
  }
}
