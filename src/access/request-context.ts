import type { RequestContext } from '../registry/request-context.js'

/** What both planes know of a request from its connection and headers. */
export interface ReceivedFacts {
  readonly requestId: string
  readonly now: Date
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly remoteAddress: string | undefined
  readonly isSecure: boolean
}

/** `<account>.dkr.ecr-fips.<region>.…`, `ecr-fips.<region>.…`, `api.ecr-fips.<region>.…`; the dual-stack forms alike, in any case. */
const FIPS_HOST = /(^|[.-])ecr-fips\./i

/** IAM's request context of one request; an IPv4 address is written as one also where the socket is IPv6. */
export function requestContextOf({ requestId, now, headers, remoteAddress, isSecure }: ReceivedFacts): RequestContext {
  return {
    requestId,
    at: now.getTime(),
    sourceIp: (remoteAddress ?? '').replace(/^::ffff:/, ''),
    userAgent: String(headers['user-agent'] ?? ''),
    isSecure,
    isFips: FIPS_HOST.test(String(headers.host ?? '')),
  }
}
