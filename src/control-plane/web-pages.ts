import type { IncomingMessage } from 'node:http'
import { ServiceException } from '../registry/errors.js'
import { isForeign } from './admin/own-origin.js'

/** The refusal of a call that a browser makes for a web page. */
export class WebPageRefused extends ServiceException {
  constructor() {
    super('AccessDeniedException', 'Web pages may not call the API')
  }
}

/**
 * Throws WebPageRefused for a call that only a web page can have made. Signatures do not keep pages out, because the
 * key `test` with the secret `test` is public. Only browsers send these headers, and there is no CORS. After DNS
 * rebinding a POST from a page has its own Origin, but a GET has neither header: it is recognized by its host name if
 * the control plane listens only on loopback. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export function refuseWebPages(
  { method, headers }: IncomingMessage,
  { isLoopbackOnly }: { readonly isLoopbackOnly: boolean },
): void {
  const isOfBrowser = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined
  if (isOfBrowser || (method === 'GET' && isLoopbackOnly && isForeign(headers))) throw new WebPageRefused()
}
