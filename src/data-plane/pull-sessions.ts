import { LRUCache } from 'lru-cache'
import type { Image } from '../registry/images/image.js'
import type { Pull } from '../registry/event-log.js'
import type { Log } from '../registry/ports/log.js'
import { keyOf } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'

/** Where the bytes of an answer came from: they were here, or they were fetched from the upstream for this pull. */
export type PullSource = 'cache' | 'upstream'

/** Who pulls from which repository. */
export interface Caller {
  readonly registry: Registry
  readonly repository: string
  /** ARN. */
  readonly principal: string
}

/** A caller at the moment a pull may begin. */
export interface Puller extends Caller {
  readonly now: Date
}

/**
 * Joins the requests of one pull, which a client makes one by one, into one log line and one event: who pulled what, how
 * many bytes, and whether they were cached. A pull is what one caller asks of one repository without a pause of
 * `QUIET_MS`.
 */
export interface PullSessions {
  /** A tag was resolved by HEAD, as Docker and containerd do before they get the manifest by its digest. */
  resolved(puller: Puller, tag: string): void
  manifest(puller: Puller, image: Image, tag: string | undefined, source: PullSource): void
  layer(caller: Caller, bytes: number, source: PullSource): void
  /** Records the pulls in hand; resolves when they are recorded. */
  close(): Promise<void>
}

/** What it takes to record pulls. */
export interface PullSessionDeps {
  readonly log: Log
  /** Undefined where `events.pulls` is off: then there are log lines alone. */
  readonly recordPull: ((pull: Pull, now: Date) => Promise<void>) | undefined
}

interface Session {
  readonly puller: Puller
  readonly tags: Set<string>
  readonly digests: Set<string>
  readonly bytes: Record<PullSource, number>
  isLogged: boolean
}

/** How long after its last request a pull is over, in milliseconds of the machine's time. */
const QUIET_MS = 5_000
/** Pulls in hand at most: the oldest is recorded early where more begin, so that memory is bounded. */
const MAX_SESSIONS = 1_000
/** Names kept of one pull: a caller that pulls every tag of a repository makes no event of any size. */
const MAX_NAMES = 20

/** The pulls of one data plane. */
export function pullSessions({ log, recordPull }: PullSessionDeps): PullSessions {
  const recording = new Set<Promise<void>>()
  const sessions = sessionsInHand((session) => {
    if (!recordPull || session.digests.size === 0) return
    const recorded = recordPull(eventOf(session), session.puller.now)
      .catch((err: unknown) => log.warn({ err }, 'a pull was not recorded as an event'))
      .finally(() => recording.delete(recorded))
    recording.add(recorded)
  })

  return {
    resolved: (puller, tag) => addTo(sessions.of(puller).tags, tag),
    manifest(puller, image, tag, source) {
      const session = sessions.of(puller)
      if (tag !== undefined) addTo(session.tags, tag)
      addTo(session.digests, image.digest)
      session.bytes[source] += image.manifestSize
      if (!session.isLogged) logPull(log, session, image, source)
      session.isLogged = true
    },
    layer(caller, bytes, source) {
      const session = sessions.find(caller)
      if (session) session.bytes[source] += bytes
    },
    async close() {
      sessions.endAll()
      await Promise.all(recording)
    },
  }
}

/** The sessions that are not over: `ended` is called with each that has been quiet, or is the oldest of too many. */
function sessionsInHand(ended: (session: Session) => void) {
  const sessions = new LRUCache<string, Session>({
    ...{ max: MAX_SESSIONS, ttl: QUIET_MS, updateAgeOnGet: true, allowStale: true },
    // The same clock as the timer below, also where it is replaced.
    ...{ ttlResolution: 0, perf: { now: () => performance.now() } },
    dispose: ended,
  })
  let timer: NodeJS.Timeout | undefined

  function endQuiet(): void {
    sessions.purgeStale()
    if (sessions.size === 0) timer = void clearInterval(timer)
  }

  function begin(key: string, puller: Puller): Session {
    const names = { tags: new Set<string>(), digests: new Set<string>() }
    const session: Session = { puller, ...names, bytes: { cache: 0, upstream: 0 }, isLogged: false }
    sessions.set(key, session)
    timer ??= setInterval(endQuiet, QUIET_MS / 5).unref()
    return session
  }

  const keyOfPuller = ({ registry, repository, principal }: Caller) =>
    keyOf(registry.account, registry.region, repository, principal)

  return {
    of: (puller: Puller): Session => sessions.get(keyOfPuller(puller)) ?? begin(keyOfPuller(puller), puller),
    find: (caller: Caller): Session | undefined => sessions.get(keyOfPuller(caller)),
    endAll(): void {
      sessions.clear()
      endQuiet()
    },
  }
}

function addTo(names: Set<string>, name: string): void {
  if (names.size < MAX_NAMES) names.add(name)
}

/** What a first pull brings is logged by its import, with its size and time, once it is here. */
function logPull(log: Log, { puller, tags }: Session, { digest, pulledThrough }: Image, source: PullSource): void {
  if (source === 'upstream') return
  const { registry, repository, principal } = puller
  const [tag] = tags
  const name = tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`
  log.info({ ...registry, principal, repository, tag, digest }, `${name} ${pulledThrough ? 'from cache' : 'pulled'}`)
}

function eventOf({ puller, tags, digests, bytes }: Session): Pull {
  const { registry, repository, principal } = puller
  return {
    registry,
    repository,
    detail: {
      'image-tags': [...tags],
      'image-digests': [...digests],
      principal,
      'cache-result': bytes.upstream > 0 ? 'miss' : 'hit',
      'bytes-from-cache': bytes.cache,
      'bytes-from-upstream': bytes.upstream,
    },
  }
}
