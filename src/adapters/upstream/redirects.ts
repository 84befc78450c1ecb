import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { redirectTarget, type TrustRule } from './host-trust.js'
import type { Interceptor, UpstreamRequest } from './interceptor.js'
import { header } from './upstream-responses.js'

const REDIRECT_STATUSES = [301, 302, 303, 307, 308]
const MAX_REDIRECTS = 5

/**
 * Follows up to five redirects, as blobs in object storage need. All headers go along except Authorization, which only
 * the origin it was meant for receives: storage refuses a request that is signed twice. Why this is not undici's
 * interceptor: docs/decisions/0030-upstream-client.md.
 */
export const redirects =
  (host: string, trust: TrustRule): Interceptor =>
  (next) =>
  async (request, read) => {
    const { origin } = request.url
    let current = request
    for (let count = 0; count <= MAX_REDIRECTS; count++) {
      const response = await next(current, (response) => response)
      const location = header(response, 'location')
      if (!REDIRECT_STATUSES.includes(response.status) || location === undefined) {
        return read(current.url.origin === origin ? response : { ...response, redirectedTo: current.url.host })
      }
      const target = redirectTarget(location, current.url, trust)
      if ('refusal' in target) {
        throw unavailable(`The upstream registry ${host} redirects ${target.refusal}, which is not followed.`)
      }
      current = redirected(current, target)
    }
    throw unavailable(`The upstream registry ${host} redirects more than ${MAX_REDIRECTS} times.`)
  }

function redirected(request: UpstreamRequest, url: URL): UpstreamRequest {
  if (url.origin === request.url.origin) return { ...request, url }
  const headers = Object.entries(request.headers).filter(([name]) => name !== 'authorization')
  return { ...request, url, headers: Object.fromEntries(headers) }
}

const unavailable = (message: string) => new UpstreamFailure('unavailable', message)
