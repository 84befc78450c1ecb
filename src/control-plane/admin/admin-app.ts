import type { Express } from 'express'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AdminDeps, adminErrorHandler, adminGuard, adminRoutes } from './admin-routes.js'
import { protectiveHeaders } from './own-origin.js'

export type { AdminDeps } from './admin-routes.js'

/**
 * Serves `/_admin`, and a 404 for every path that is neither that nor the API nor health. Express is loaded with the
 * first such request, because loading it would add about half to the time of the start and few processes need it.
 */
export function lateAdminApp(deps: AdminDeps): (req: IncomingMessage, res: ServerResponse) => void {
  let app: Promise<Express> | undefined
  return (req, res) => {
    app ??= adminApp(deps)
    app.then(
      (handler) => void handler(req, res),
      (err: unknown) => {
        deps.log.error({ err }, 'failed unexpectedly')
        res.destroy()
      },
    )
  }
}

async function adminApp(deps: AdminDeps): Promise<Express> {
  const { default: express } = await import('express')
  const app = express().disable('x-powered-by')
  const routes = adminRoutes(express.Router({ caseSensitive: true, strict: true }), deps)
  // Parses every content type, because tools send JSON under any.
  app.use('/_admin', adminGuard(deps), express.json({ type: () => true }), routes, adminErrorHandler(deps))
  const message = 'API calls are POST /; see the README for the rest'
  app.use((_req, res) => void res.status(404).set(protectiveHeaders).json({ message }))
  return app
}
