import type { ErrorRequestHandler, NextFunction, Request, Response } from 'express'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import type { Log } from '../../registry/ports/log.js'
import { protectiveHeaders } from '../../server/inert-headers.js'
import { isForeign, isOfOtherSite } from '../page-origin.js'
import { isBearer } from './admin-token.js'
import { NOT_READY } from './status-route.js'

/** Who may use the admin endpoints. */
export interface AdminGuardDeps {
  /** Whether the control plane listens on loopback only: then the admin endpoints need no token. */
  readonly adminAllowed: boolean
  /** The bearer token of the admin endpoints, if one is configured. */
  readonly adminToken?: string | undefined
}

/**
 * Refuses requests of web pages, from their own origin or by DNS rebinding, and requests without the admin token if one
 * is configured. With a token the host name is not checked, because no page knows the token and the plane may have any
 * name.
 */
export const adminGuard =
  ({ adminAllowed, adminToken }: AdminGuardDeps) =>
  (req: Request, res: Response, next: NextFunction): void => {
    const refuse = (status: number, message: string) => void res.status(status).json({ message })
    res.set(protectiveHeaders)
    if (!adminAllowed && adminToken === undefined) return refuse(404, ABSENT)
    if (adminToken === undefined && isForeign(req))
      return refuse(403, 'Admin endpoints answer only to loopback hosts and their own origin')
    if (isOfOtherSite(req)) return refuse(403, 'Admin endpoints do not answer to pages of other sites')
    if (adminToken === undefined || isBearer(req.headers.authorization, adminToken)) return next()
    res.set('www-authenticate', 'Bearer realm="ecr-local"')
    refuse(401, 'Admin endpoints require the token that the planes were started with: Authorization: Bearer <token>')
  }

const ABSENT = 'There are no admin endpoints outside loopback without --admin-token'

/** Answers errors as JSON. Express would answer with a page that shows its installation path. */
export const adminErrorHandler =
  ({ log }: { readonly log: Log }): ErrorRequestHandler =>
  (err: { status?: number }, _req, res, next): void => {
    if (res.headersSent) return next(err)
    if (err instanceof StoreUnavailable) {
      log.warn({ err }, 'the store does not answer')
      return void res.status(503).json({ message: NOT_READY })
    }
    const { status = 500 } = err
    if (status >= 500) log.error({ err }, 'failed unexpectedly')
    const message = status >= 500 ? 'Internal failure' : 'The body must be JSON, in UTF-8 and of at most 100 kB'
    res.status(status).json({ message })
  }
