import type { RequestContext } from '../registry/request-context.js'

/** The facts about a request that its connection and headers give. */
export interface ReceivedFacts {
  readonly requestId: string
  readonly now: Date
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly remoteAddress: string | undefined
  readonly isSecure: boolean
}

/**
 * `<account>.dkr.ecr-fips.<region>.…`, `ecr-fips.<region>.…`, `api.ecr-fips.<region>.…`; the dual-stack forms alike, in
 * any case.
 */
const FIPS_HOST = /(^|[.-])ecr-fips\./i

/** The IAM request context of a request. An IPv4 address is written as such even on an IPv6 socket. */
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
