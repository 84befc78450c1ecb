import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from 'express'
import { isIP } from 'node:net'
import { listAll } from '../registry/list-all.js'
import type { BlobStore } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Log } from '../registry/ports/log.js'
import type { Store } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'

/** What the admin endpoints act on. */
export interface AdminDeps {
  readonly store: Store
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly log: Log
  /** False away from loopback: then there are no admin endpoints. */
  readonly adminAllowed: boolean
  /** What `/health` tells beside the status. */
  readonly about: { readonly version: string; readonly store: string }
}

/** Enough to see all that a test did; older events are dropped as new ones come. */
const ALL_EVENTS = 10_000

/** Later times have no four-digit year, and much later ones no date at all. */
const LAST_MOMENT = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * The endpoints tests and tools use to move time, to start over and to see what the cache did. Nothing is read of a
 * request that may not reach them.
 */
export function adminRoutes(deps: AdminDeps, readJson: RequestHandler): (RequestHandler | ErrorRequestHandler)[] {
  return [
    ownOriginOnly(deps),
    readJson,
    route('POST', '/clock', advanceClock(deps)),
    route('POST', '/reset', reset(deps)),
    route('GET', '/events', events(deps)),
    refuse(deps),
  ]
}

type Answer = (req: Request, res: Response) => Promise<unknown>

const route =
  (method: string, path: string, answer: Answer): RequestHandler =>
  async (req, res, next) => {
    if (req.method === method && req.path === path) await answer(req, res)
    else next()
  }

/** A web page the user happens to visit must not reach these: neither from its own origin nor by DNS rebinding. */
const ownOriginOnly =
  ({ adminAllowed }: AdminDeps) =>
  (req: Request, res: Response, next: NextFunction): void => {
    const host = hostName(req.headers.host)
    if (!adminAllowed) return void res.status(404).json({ message: 'There are no admin endpoints away from loopback' })
    const { origin } = req.headers
    const isForeign = !isLoopback(host) || (origin !== undefined && origin !== `http://${req.headers.host}`)
    if (isForeign)
      return void res.status(403).json({ message: 'Admin endpoints answer to loopback hosts and no other origin' })
    next()
  }

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

const hostName = (host = '') =>
  host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

const advanceClock =
  ({ clock }: AdminDeps): Answer =>
  async (req, res) => {
    const { advanceSeconds } = (req.body ?? {}) as { advanceSeconds?: unknown }
    if (typeof advanceSeconds !== 'number' || !Number.isFinite(advanceSeconds) || advanceSeconds < 0) {
      const message = `advanceSeconds must be a number of seconds, 0 or more; got ${JSON.stringify(advanceSeconds)}`
      return res.status(400).json({ message })
    }
    if ((await clock.now()).getTime() + advanceSeconds * 1000 > LAST_MOMENT) {
      return res.status(400).json({ message: 'advanceSeconds must not lead beyond the year 9999' })
    }
    return res.json({ now: (await clock.advance(advanceSeconds)).toISOString() })
  }

const reset =
  ({ store, blobs }: AdminDeps): Answer =>
  async (_req, res) => {
    await store.clear()
    await blobs.clear()
    return res.json({ status: 'reset' })
  }

const events =
  ({ store }: AdminDeps): Answer =>
  async (_req, res) => {
    const kept = await listAll(store.events, installation)
    return res.json({ events: kept.slice(-ALL_EVENTS) })
  }
