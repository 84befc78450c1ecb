import type { Express, RequestHandler } from 'express'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { protectiveHeaders } from '../server/inert-headers.js'
import { adminErrorHandler, adminGuard } from './admin/admin-guard.js'
import { type AdminDeps, adminRoutes } from './admin/admin-routes.js'
import { consoleFiles, type ConsoleFilesDeps } from './console/console-files.js'

/** The dependencies of what is served through Express. */
export type ExpressAppDeps = AdminDeps & ConsoleFilesDeps

/**
 * Serves `/_admin` and `/console`, and a 404 for every path that is neither of these nor the API nor health. Express is
 * loaded with the first such request, because loading it would add about half to the time of the start and few
 * processes need it.
 */
export function lateExpressApp(deps: ExpressAppDeps): (req: IncomingMessage, res: ServerResponse) => void {
  let app: Promise<Express> | undefined
  return (req, res) => {
    app ??= expressApp(deps)
    app.then(
      (handler) => void handler(req, res),
      (err: unknown) => {
        deps.log.error({ err }, 'failed unexpectedly')
        res.destroy()
      },
    )
  }
}

async function expressApp(deps: ExpressAppDeps): Promise<Express> {
  const { default: express } = await import('express')
  const app = express().disable('x-powered-by').enable('case sensitive routing')
  const routes = adminRoutes(express.Router({ caseSensitive: true, strict: true }), deps)
  // Parses every content type, because tools send JSON under any.
  app.use('/_admin', adminGuard(deps), express.json({ type: () => true }), routes, adminErrorHandler(deps))
  app.use('/console', consoleFiles(deps), adminErrorHandler(deps))
  app.get('/', personToConsole)
  const message =
    'Calls of the API are POST /; images are under /v2/, the console is at /console/, and GET /_admin lists the admin endpoints'
  app.use((_req, res) => void res.status(404).set(protectiveHeaders).json({ message }))
  return app
}

/** A person who opens the address of the API in a browser is led to the console. Programs do not ask for HTML. */
const personToConsole: RequestHandler = ({ headers }, res, next) => {
  if (!/\btext\/html\b/.test(headers.accept ?? '')) return next()
  res.status(302).set(protectiveHeaders).set({ location: '/console/', vary: 'accept' }).end()
}
