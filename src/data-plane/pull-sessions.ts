import type { Image } from '../registry/image.js'
import type { Pull } from '../registry/event-log.js'
import type { Log } from '../registry/ports/log.js'
import { keyOf } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'

/** Where the bytes of an answer came from: they were here, or they were fetched from the upstream for this pull. */
export type PullSource = 'cache' | 'upstream'

/** Who pulls from where. */
export interface Puller {
  readonly registry: Registry
  readonly repository: string
  /** ARN of the caller. */
  readonly principal: string
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
  layer(puller: Pick<Puller, 'registry' | 'repository' | 'principal'>, bytes: number, source: PullSource): void
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
  lastActive: number
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
  const sessions = new Map<string, Session>()
  const recording = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined

  const keyOfPuller = ({ registry, repository, principal }: Pick<Puller, 'registry' | 'repository' | 'principal'>) =>
    keyOf(registry.account, registry.region, repository, principal)

  function sessionOf(puller: Puller): Session {
    const key = keyOfPuller(puller)
    const session: Session = sessions.get(key) ?? {
      ...{ puller, tags: new Set(), digests: new Set(), bytes: { cache: 0, upstream: 0 } },
      ...{ lastActive: 0, isLogged: false },
    }
    session.lastActive = performance.now()
    if (!sessions.has(key)) begin(key, session)
    return session
  }

  function begin(key: string, session: Session): void {
    const [oldest] = sessions.size >= MAX_SESSIONS ? sessions : []
    if (oldest) end(...oldest)
    sessions.set(key, session)
    timer ??= setInterval(endQuiet, QUIET_MS / 5).unref()
  }

  function endQuiet(): void {
    const quietSince = performance.now() - QUIET_MS
    for (const [key, session] of sessions) if (session.lastActive <= quietSince) end(key, session)
  }

  function end(key: string, session: Session): void {
    sessions.delete(key)
    if (sessions.size === 0) timer = void clearInterval(timer)
    if (!recordPull || session.digests.size === 0) return
    const recorded = recordPull(eventOf(session), session.puller.now)
      .catch((err: unknown) => log.warn({ err }, 'a pull was not recorded as an event'))
      .finally(() => recording.delete(recorded))
    recording.add(recorded)
  }

  return {
    resolved: (puller, tag) => void addTo(sessionOf(puller).tags, tag),
    manifest(puller, image, tag, source) {
      const session = sessionOf(puller)
      if (tag !== undefined) addTo(session.tags, tag)
      addTo(session.digests, image.digest)
      session.bytes[source] += image.manifestSize
      if (!session.isLogged) logPull(log, session, image, source)
      session.isLogged = true
    },
    layer(puller, bytes, source) {
      const session = sessions.get(keyOfPuller(puller))
      if (!session) return
      session.lastActive = performance.now()
      session.bytes[source] += bytes
    },
    async close() {
      for (const [key, session] of sessions) end(key, session)
      await Promise.all(recording)
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
