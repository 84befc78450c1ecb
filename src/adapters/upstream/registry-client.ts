import type { UpstreamCredentials } from '../../registry/ports/upstream.js'
import { type Authenticator, authentication } from './authentication.js'
import { type AcquirePermit, concurrencyLimit } from './upstream-concurrency.js'
import { withDeadline } from './deadline.js'
import type { TrustRule } from './host-trust.js'
import { compose, type ReadResponse, type UpstreamRequest } from './interceptor.js'
import { redirects } from './redirects.js'
import { retries, type RetryPolicy, type RetryTiming } from './retries.js'
import type { Connections } from './upstream-connections.js'
import type { UpstreamLimits } from './upstream-limits.js'
import { responseFailure } from './upstream-responses.js'

/** An upstream registry with one set of credentials or none, and the means to reach it. */
export interface UpstreamTarget extends RetryTiming {
  readonly host: string
  readonly endpoint: URL
  readonly credentials?: UpstreamCredentials
  readonly connections: Connections
  readonly trust: TrustRule
  readonly limits: UpstreamLimits
}

/** A request in the terms of the OCI Distribution API. */
export interface RegistryRequest extends Pick<UpstreamRequest, 'method' | 'subject' | 'repository'> {
  /** Below `/v2/`. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** `requests` unless given. */
  readonly pool?: UpstreamRequest['pool']
  /** Bound on everything up to the result of `read`, retries included. */
  readonly timeoutMs: number
}

/** Sends a request to one registry and returns what `read` makes of the response. Throws UpstreamFailure. */
export type RegistryClient = <T>(request: RegistryRequest, read: ReadResponse<T>) => Promise<T>

/**
 * The client of one registry, with every step between a request of `registry-api.ts` and the socket in order:
 *
 * - deadline: one bound on all tries, and on waiting for a permit
 * - retries: of transient failures, with backoff and Retry-After; a try comprises all that follows
 * - concurrency limit: a permit per try, released while the next try is waited for
 * - authentication: the Authorization header, renewed once if the registry refuses it
 * - redirects: up to five, without credentials for another origin
 * - address rules: the connector in `upstream-connections.ts` refuses addresses that are neither public nor configured
 */
export function registryClient(
  target: UpstreamTarget,
  authenticator: Authenticator,
  acquirePermit: AcquirePermit,
): RegistryClient {
  const { host, endpoint, connections, clock, trust } = target
  const failure: RetryPolicy['failure'] = ({ subject }, response) => responseFailure(host, subject, response)
  const send = compose(connections.send, [
    retries({ ...target, failure }),
    concurrencyLimit(acquirePermit),
    authentication(host, authenticator),
    redirects(host, trust),
  ])
  return ({ path, headers, pool = 'requests', timeoutMs, ...request }, read) =>
    withDeadline(timeoutMs, clock, (deadline) => {
      const url = new URL(`v2/${path}`, endpoint)
      return send({ ...request, url, headers: { ...headers, 'user-agent': USER_AGENT }, pool, deadline }, read)
    })
}

/** What registries and token services see as our name. */
export const USER_AGENT = 'ecr-local'
