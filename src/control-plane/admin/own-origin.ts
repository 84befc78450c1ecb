import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/**
 * Headers that keep pages of other sites from framing, reading or caching an answer. There are no CORS headers.
 * https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
 */
export const protectiveHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Sec-Fetch-Site of requests from our own pages or the address bar. Clients other than browsers do not send it. */
const OWN_SITES: ReadonlySet<unknown> = new Set([undefined, 'same-origin', 'none'])

/** Whether the request comes from a web page of another site, from its own origin or by DNS rebinding. */
export const isForeign = (headers: IncomingHttpHeaders): boolean =>
  !isLoopback(hostName(headers.host)) || isOfOtherSite(headers)

/** The same without DNS rebinding, which cannot be detected if the plane may have any host name. */
export const isOfOtherSite = ({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean =>
  !OWN_SITES.has(site) || (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)

const hostName = (host = '') =>
  host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()

/** Names under localhost always resolve to loopback: https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
const isLoopback = (host: string) =>
  host === 'localhost' || host.endsWith('.localhost') || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
