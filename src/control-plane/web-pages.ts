import type { IncomingMessage } from 'node:http'
import { ServiceException } from '../registry/errors.js'
import { hasOwnOrigin, hostOf, isFixed, isForeign, isOfPage } from './page-origin.js'

/** The refusal of a call that a browser makes for a web page. */
export class WebPageRefused extends ServiceException {
  constructor(hint = '') {
    super('AccessDeniedException', `Web pages may not call the API${hint}`)
  }
}

/** What the refusal of web pages depends on. */
export interface PageSettings {
  /** Whether the control plane listens on loopback only. */
  readonly isLoopbackOnly: boolean
  /** Host names, in lower case, at which the console may call the API. */
  readonly consoleHosts: ReadonlySet<string>
}

/**
 * Throws WebPageRefused for a call that only a web page can have made, unless that is the console's: a POST from the
 * origin that it is sent to, at a host that DNS rebinding cannot have given another address (decision 43). Signatures
 * do not keep pages out, because the key `test` with the secret `test` is public. There is no CORS. After rebinding a
 * POST from a page has its own Origin, but a GET has neither header: it is recognized by its host name if the control
 * plane listens only on loopback.
 */
export function refuseWebPages(req: IncomingMessage, { isLoopbackOnly, consoleHosts }: PageSettings): void {
  if (!isOfPage(req)) {
    if (req.method === 'GET' && isLoopbackOnly && isForeign(req)) throw new WebPageRefused()
    return
  }
  const name = hostOf(req)?.name
  if (name === undefined || !isOfOwnPage(req)) throw new WebPageRefused()
  if (isFixed(name) || consoleHosts.has(name)) return
  throw new WebPageRefused(`: for the console at ${name} add that name to the setting consoleHosts`)
}

function isOfOwnPage(req: IncomingMessage): boolean {
  const { method, headers } = req
  const site = headers['sec-fetch-site']
  return method === 'POST' && (site === undefined || site === 'same-origin') && hasOwnOrigin(req)
}
