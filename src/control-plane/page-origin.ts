import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** What of a request tells whether a web page has made it. */
export type Sender = Pick<IncomingMessage, 'headers' | 'headersDistinct' | 'socket'>

/**
 * Whether a web page makes the request: browsers send Origin with every POST, and Sec-Fetch-Site where the address is
 * one they trust. Pages can set neither. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export const isOfPage = ({ headers }: Sender): boolean =>
  headers.origin !== undefined || headers['sec-fetch-site'] !== undefined

/** Sec-Fetch-Site of requests from our own pages or the address bar. Clients other than browsers do not send it. */
const OWN_SITES: ReadonlySet<unknown> = new Set([undefined, 'same-origin', 'none'])

/** Whether the request comes from a web page of another site, from its own origin or by DNS rebinding. */
export const isForeign = (sender: Sender): boolean => !isLoopback(hostOf(sender)?.name) || isOfOtherSite(sender)

/** The same without DNS rebinding, which cannot be detected if the plane may have any host name. */
export const isOfOtherSite = (sender: Sender): boolean =>
  !OWN_SITES.has(sender.headers['sec-fetch-site']) || (sender.headers.origin !== undefined && !hasOwnOrigin(sender))

/** Whether the Origin of the request is the origin that it was sent to. Over TLS that is one of https. */
export function hasOwnOrigin(sender: Sender): boolean {
  const host = hostOf(sender)?.host
  if (host === undefined) return false
  const { origin } = sender.headers
  return origin === `https://${host}` || (origin === `http://${host}` && !('encrypted' in sender.socket))
}

/** A host name or an address, with its port if that is not the scheme's own. */
export interface RequestedHost {
  readonly host: string
  /** In lower case, without the port and without brackets. */
  readonly name: string
}

const HOST = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i

/** The host of the request; undefined if it names none, several, or something else than a host. */
export function hostOf({ headersDistinct }: Pick<Sender, 'headersDistinct'>): RequestedHost | undefined {
  const [host = '', ...others] = headersDistinct.host ?? []
  const [, address, name = address] = HOST.exec(host) ?? []
  return name === undefined || others.length > 0 ? undefined : { host, name: name.toLowerCase() }
}

/** Whether a name can only mean this host: it is an address, or always resolves to loopback. */
export const isFixed = (name: string): boolean => isIP(name) !== 0 || isLoopback(name)

/** Names under localhost always resolve to loopback: https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
const isLoopback = (name = '') =>
  name === 'localhost' || name.endsWith('.localhost') || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
