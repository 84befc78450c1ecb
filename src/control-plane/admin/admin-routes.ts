import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express'
import { labelInstallation } from '../../upkeep/installation-label.js'
import { listAll } from '../../registry/list-records.js'
import type { BlobStore } from '../../registry/ports/blob-store.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Ids } from '../../registry/ports/ids.js'
import type { Log } from '../../registry/ports/log.js'
import type { Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import { serviceLinkedRoleArn } from '../../registry/service-linked-role.js'
import { explain, type ExplainDeps, type Reply } from './explain-route.js'
import { isBearer } from './admin-token.js'
import { isForeign, isOfOtherSite, protectiveHeaders } from './own-origin.js'

/** What the admin endpoints act on. */
export interface AdminDeps extends ExplainDeps {
  readonly store: Store
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** Whether only this machine reaches the control plane: then the admin endpoints may do without a token. */
  readonly adminAllowed: boolean
  /** What the admin endpoints ask for, where they ask for anything. */
  readonly adminToken?: string | undefined
  /** What `/health` tells beside the status. */
  readonly about: { readonly version: string; readonly store: string; readonly auth: 'strict' | 'relaxed' }
}

/** Enough to see all that a test did; older events are dropped as new ones come. */
const ALL_EVENTS = 10_000

/** Later times have no four-digit year, and much later ones no date at all. */
const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * The endpoints tests and tools use to move time, to start over, to see what the cache did and why a request was
 * refused. Nothing is read of a request that may not reach them.
 */
export function adminRoutes(deps: AdminDeps, readJson: RequestHandler): (RequestHandler | ErrorRequestHandler)[] {
  return [
    guard(deps),
    readJson,
    async ({ method, path, url, body }: Request, res: Response) => {
      const there = endpoints.filter((candidate) => candidate.path === path)
      const found = there.find((candidate) => candidate.method === method)
      const reply = found ? await found.answer({ url, body }, deps) : absent(method, path, there)
      if (reply.status === 405) res.set('allow', there.map((candidate) => candidate.method).join(', '))
      res.status(reply.status).json(reply.body)
    },
    refuse(deps),
  ]
}

interface Endpoint {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** What it does, for `GET /_admin`. */
  readonly does: string
  readonly answer: (asked: { url: string; body: unknown }, deps: AdminDeps) => Promise<Reply>
}

const endpoint = (method: Endpoint['method'], path: string, does: string, answer: Endpoint['answer']): Endpoint => ({
  method,
  path,
  does,
  answer,
})

/** What there is, in the order `GET /_admin` lists it. */
const endpoints: readonly Endpoint[] = [
  endpoint('GET', '/', 'lists the admin endpoints', () => list()),
  endpoint('GET', '/clock', 'says what time it is for both planes, and how far ahead that is', (_, deps) =>
    clockOf(deps),
  ),
  endpoint('POST', '/clock', 'moves time forward for both planes: {"advanceSeconds":86400}', ({ body }, deps) =>
    advanceClock(body, deps),
  ),
  endpoint('POST', '/reset', 'forgets all state and all images', (_, deps) => reset(deps)),
  endpoint(
    'GET',
    '/events',
    'lists what the pull through cache did, with its outcome, and who pulled what',
    (_, deps) => events(deps),
  ),
  endpoint('GET', '/roles', 'lists the service-linked roles that came with rules', (_, deps) => roles(deps)),
  endpoint(
    'GET',
    '/explain',
    'says why ?requestId= was refused or answered; without one, the latest refusals',
    (asked, deps) => explain(parameter(asked.url, 'requestId'), deps),
  ),
]

async function list(): Promise<Reply> {
  return ok({ endpoints: endpoints.map(({ method, path, does }) => ({ method, path: pathOf(path), does })) })
}

const pathOf = (path: string) => `/_admin${path === '/' ? '' : path}`

/** RFC 9110, section 15.5.6: a path that is there answers a wrong method with 405 and the right ones. */
function absent(method: string, path: string, there: readonly Endpoint[]): Reply {
  if (there.length === 0)
    return { status: 404, body: { message: `There is no ${pathOf(path)}: GET /_admin lists what there is` } }
  const right = there.map((candidate) => `${candidate.method} ${pathOf(path)}`).join(' or ')
  return { status: 405, body: { message: `${method} is nothing for ${pathOf(path)}: send ${right}` } }
}

/**
 * A web page the user happens to visit must not reach these: neither from its own origin nor by DNS rebinding. Where there is a
 * token, no page knows it, and any host name may be theirs.
 */
const guard =
  ({ adminAllowed, adminToken }: AdminDeps) =>
  ({ headers }: Request, res: Response, next: NextFunction): void => {
    const refuse = (status: number, message: string) => void res.status(status).json({ message })
    res.set(protectiveHeaders)
    if (!adminAllowed && adminToken === undefined) return refuse(404, ABSENT)
    if (adminToken === undefined && isForeign(headers))
      return refuse(403, 'Admin endpoints answer to loopback hosts and no other origin')
    if (isOfOtherSite(headers)) return refuse(403, 'Admin endpoints answer to no page of another site')
    if (adminToken === undefined || isBearer(headers.authorization, adminToken)) return next()
    res.set('www-authenticate', 'Bearer realm="ecr-local"')
    refuse(401, 'Admin endpoints want the token that the planes were started with: Authorization: Bearer <token>')
  }

const ABSENT = 'There are no admin endpoints away from loopback without --admin-token'

/** Express would answer with a page that shows where it is installed. */
const refuse =
  ({ log }: AdminDeps): ErrorRequestHandler =>
  (err: { status?: number }, _req, res, next): void => {
    if (res.headersSent) return next(err)
    const { status = 500 } = err
    if (status >= 500) log.error({ err }, 'failed unexpectedly')
    const message = status >= 500 ? 'Internal failure' : 'The body must be JSON, in UTF-8 and of at most 100 kB'
    res.status(status).json({ message })
  }

const parameter = (url: string, name: string) => new URL(url, 'http://localhost').searchParams.get(name)

async function clockOf({ clock }: AdminDeps): Promise<Reply> {
  const now = await clock.now()
  const advancedSeconds = Math.round((now.getTime() - clock.wall().getTime()) / 1000)
  return ok({ now: now.toISOString(), advancedSeconds })
}

async function advanceClock(body: unknown, { clock }: AdminDeps): Promise<Reply> {
  const { advanceSeconds } = (body ?? {}) as { advanceSeconds?: unknown }
  if (typeof advanceSeconds !== 'number' || !Number.isFinite(advanceSeconds) || advanceSeconds < 0)
    return badRequest(
      `advanceSeconds must be a number of seconds, 0 or more; got ${JSON.stringify(advanceSeconds)}. Send {"advanceSeconds":86400}`,
    )
  if ((await clock.now()).getTime() + advanceSeconds * 1000 > LAST_MOMENT)
    return badRequest('advanceSeconds must not lead beyond the year 9999')
  return ok({ now: (await clock.advance(advanceSeconds)).toISOString() })
}

async function reset({ store, blobs, ids }: AdminDeps): Promise<Reply> {
  await store.clear()
  await blobs.clear()
  await labelInstallation(store, blobs, ids)
  return ok({ status: 'reset' })
}

async function events({ store }: AdminDeps): Promise<Reply> {
  const kept = await listAll(store.events, installation)
  return ok({ events: kept.slice(-ALL_EVENTS) })
}

/** The service-linked roles that came with rules: what tools would see with IAM's ListRoles. */
async function roles({ store }: AdminDeps): Promise<Reply> {
  const recorded = await listAll(store.roles, installation)
  const described = recorded.map(({ account, roleName, createdAt }) => ({
    ...{ account, roleName, arn: serviceLinkedRoleArn(account) },
    createdAt: new Date(createdAt).toISOString(),
  }))
  return ok({ roles: described })
}

const ok = (body: object): Reply => ({ status: 200, body })
const badRequest = (message: string): Reply => ({ status: 400, body: { message } })
