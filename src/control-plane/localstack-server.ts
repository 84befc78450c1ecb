import type { IncomingMessage, ServerResponse } from 'node:http'
import { answerLocalstack, isOpenToAll, type LocalstackDeps } from '../localstack/endpoints.js'
import { noInitScripts } from '../localstack/init-status.js'
import { discardBody } from '../server/discard-body.js'
import { protectiveHeaders } from '../server/inert-headers.js'
import type { MemoryBudget } from '../server/memory-budget.js'
import { readBody } from '../server/read-body.js'
import type { AdminDeps } from './admin/admin-routes.js'
import { isForeign, isOfOtherSite } from './page-origin.js'

/** The dependencies of serving `/_localstack`. */
export interface LocalstackServerDeps extends Omit<LocalstackDeps, 'initStatus'>, Pick<AdminDeps, 'adminAllowed'> {
  readonly memory: MemoryBudget
  /** Absent if this process runs no init scripts. */
  readonly initStatus?: LocalstackDeps['initStatus'] | undefined
}

/** Far more than the actions of LocalStack's tools. */
const BODY_LIMIT = { maxBytes: 4096, tooLarge: () => new Error(TOO_LARGE) }
const TOO_LARGE = 'The body exceeds 4096 bytes'

/**
 * Answers a request for `/_localstack`. Like `/_admin` it refuses web pages, from their own origin or by DNS rebinding,
 * because names of scripts may tell what their user works on; what `/health` shows it shows to everybody.
 */
export async function serveLocalstack(
  req: IncomingMessage,
  res: ServerResponse,
  deps: LocalstackServerDeps,
): Promise<void> {
  const { method } = req
  const isToRefuse = isOfOtherSite(req) || (deps.adminAllowed && isForeign(req))
  if (isToRefuse && !isOpenToAll(req)) return refuse(403, 'Web pages of other sites may not read this', req, res)
  try {
    const body = method === 'POST' ? await readBody(req, BODY_LIMIT, deps.memory) : undefined
    body?.release()
    const { initStatus = noInitScripts } = deps
    const answer = await answerLocalstack(req, body?.bytes.toString() ?? '', { ...deps, initStatus })
    res.writeHead(answer.statusCode, { ...protectiveHeaders, ...answer.headers }).end(answer.body)
  } catch (error) {
    if (req.destroyed || !(error instanceof Error)) return void res.destroy()
    refuse(error.message === TOO_LARGE ? 413 : 503, error.message, req, res)
  }
}

function refuse(statusCode: number, message: string, req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(statusCode, { ...protectiveHeaders, 'content-type': 'application/json' })
  res.write(JSON.stringify({ message }))
  discardBody(req, () => res.end())
}
