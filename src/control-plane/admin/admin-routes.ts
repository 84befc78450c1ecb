import type { Request, RequestHandler, Response, Router } from 'express'
import type { IncomingHttpHeaders } from 'node:http'
import { latestEvents } from '../../registry/event-log.js'
import { removeEverything } from '../../upkeep/remove-everything.js'
import { listAll } from '../../registry/list-records.js'
import type { BlobStore } from '../../registry/ports/blob-store.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Ids } from '../../registry/ports/ids.js'
import type { Log } from '../../registry/ports/log.js'
import type { Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import { serviceLinkedRoleArn } from '../../registry/cache-rules/service-linked-role.js'
import { type AccountsDeps, knownAccounts } from './accounts-route.js'
import { watchActivity, type StreamReply } from './activity/activity-route.js'
import { type ActivityWatch, activityWatch, type ActivityWatchDeps } from './activity/activity-watch.js'
import type { AdminGuardDeps } from './admin-guard.js'
import { BadQuery } from './admin-query.js'
import { advanceClock, clockOf } from './clock-route.js'
import { type CachedTagsDeps, cachedTagsOfRule } from './cached-tags-route.js'
import { explain, type ExplainDeps, type Reply } from './explain-route.js'
import { statistics, type StatisticsDeps } from './statistics-route.js'
import { status, type StatusDeps } from './status-route.js'

/** The dependencies of the admin endpoints. */
export interface AdminDeps
  extends AdminGuardDeps, ExplainDeps, StatisticsDeps, StatusDeps, AccountsDeps, CachedTagsDeps, ActivityWatchDeps {
  readonly store: Store
  readonly blobs: Pick<BlobStore, 'list' | 'notes' | 'clear'>
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** Puts in place again what an installation has from the start on. */
  readonly afterReset?: () => Promise<void>
}

/**
 * Adds the endpoints for tests and tools: to advance the clock, to reset the state, to list what the cache did, and to
 * explain why a request was refused.
 */
export function adminRoutes(router: Router, deps: AdminDeps): Router {
  for (const path of new Set(endpoints.map((endpoint) => endpoint.path))) router.all(path, allowedMethods(path))
  const watch = activityWatch(deps)
  for (const { method, path, answer } of endpoints)
    router[method === 'GET' ? 'get' : 'post'](path, async ({ url, body, headers }: Request, res: Response) => {
      const reply = await answer({ url, body, headers, watch }, deps).catch(badQuery)
      if ('stream' in reply) return reply.stream(res)
      res.status(reply.status).json(reply.body)
    })
  router.use(({ path }: Request, res: Response) => {
    res.status(404).json({ message: `There is no ${pathOf(path)}: GET /_admin lists the endpoints` })
  })
  return router
}

/** RFC 9110 section 15.5.6: an existing path answers other methods with 405 and lists the allowed ones. */
function allowedMethods(path: string): RequestHandler {
  const allowed = endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method)
  const calls = allowed.map((method) => `${method} ${pathOf(path)}`).join(' or ')
  return ({ method }, res, next) => {
    if (allowed.some((one) => one === method)) return next()
    res.set('allow', allowed.join(', '))
    res.status(405).json({ message: `${method} is not allowed for ${pathOf(path)}: send ${calls}` })
  }
}

interface Endpoint {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Its description in the answer to `GET /_admin`. */
  readonly does: string
  readonly answer: (request: AdminRequest, deps: AdminDeps) => Promise<Reply | StreamReply>
}

interface AdminRequest {
  /** Below `/_admin`, with the query. */
  readonly url: string
  readonly body: unknown
  readonly headers: IncomingHttpHeaders
  /** The clients of this control plane that watch what happens. */
  readonly watch: ActivityWatch
}

const endpoint = (method: Endpoint['method'], path: string, does: string, answer: Endpoint['answer']): Endpoint => ({
  method,
  path,
  does,
  answer,
})

/** The admin endpoints, in the order in which `GET /_admin` lists them. */
const endpoints: readonly Endpoint[] = [
  endpoint('GET', '/', 'lists the admin endpoints', () => list()),
  endpoint(
    'GET',
    '/status',
    'describes what runs, what it holds, imports in flight and the latest failures',
    (_, deps) => status(deps),
  ),
  endpoint(
    'GET',
    '/statistics',
    'sums what all planes did in the last ?period=hour or day, also of one &account= and &region=',
    ({ url }, deps) => statistics(url, deps),
  ),
  endpoint('GET', '/clock', 'returns the time of both planes, and how far ahead it is', (_, deps) => clockOf(deps)),
  endpoint('POST', '/clock', 'advances the clock of both planes: {"advanceSeconds":86400}', ({ body }, deps) =>
    advanceClock(body, deps),
  ),
  endpoint('POST', '/reset', 'removes all state and all images; the seed is put in place again', (_, deps) =>
    reset(deps),
  ),
  endpoint(
    'GET',
    '/events',
    'lists the latest events: changes of images, what the pull through cache did with its outcome, and who pulled what',
    (_, deps) => events(deps),
  ),
  endpoint(
    'GET',
    '/activity',
    'streams imports in flight and events as they happen: server-sent events, ?account=&region=&latest=',
    async ({ url, headers, watch }, { stopSignal }) => watchActivity(url, headers, watch, stopSignal),
  ),
  endpoint('GET', '/roles', 'lists the service-linked roles that were created with rules', (_, deps) => roles(deps)),
  endpoint(
    'GET',
    '/explain',
    'explains why ?requestId= was refused or answered; without one, lists the latest refusals',
    ({ url }, deps) => explain(parameter(url, 'requestId'), deps),
  ),
  endpoint(
    'GET',
    '/cached-tags',
    'lists the tags that the cache rule ?account=&region=&prefix= has pulled, and when each is checked next',
    ({ url }, deps) => cachedTagsOfRule(url, deps),
  ),
  endpoint(
    'GET',
    '/accounts',
    'lists the accounts that are configured or hold something, their Regions, and the ARNs of their users and roles',
    (_, deps) => knownAccounts(deps),
  ),
]

async function list(): Promise<Reply> {
  return ok({ endpoints: endpoints.map(({ method, path, does }) => ({ method, path: pathOf(path), does })) })
}

const pathOf = (path: string) => `/_admin${path === '/' ? '' : path}`

const parameter = (url: string, name: string) => new URL(url, 'http://localhost').searchParams.get(name)

async function reset(deps: AdminDeps): Promise<Reply> {
  await removeEverything(deps)
  await deps.afterReset?.()
  return ok({ status: 'reset' })
}

async function events({ store }: AdminDeps): Promise<Reply> {
  return ok({ events: await latestEvents(store) })
}

/** The service-linked roles that were created with rules and configurations, which IAM's ListRoles would show. */
async function roles({ store }: AdminDeps): Promise<Reply> {
  const recorded = await listAll(store.roles, installation)
  const described = recorded.map(({ account, roleName, createdAt }) => ({
    account,
    roleName,
    arn: serviceLinkedRoleArn(account, roleName),
    createdAt: new Date(createdAt).toISOString(),
  }))
  return ok({ roles: described })
}

const ok = (body: object): Reply => ({ status: 200, body })

/** The answer to a query that cannot be understood; rethrows any other error. */
function badQuery(error: unknown): Reply {
  if (error instanceof BadQuery) return badRequest(error.message)
  throw error
}

const badRequest = (message: string): Reply => ({ status: 400, body: { message } })
