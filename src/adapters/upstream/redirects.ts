import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { type Answer, header, readAtMost } from './upstream-responses.js'
import type { Connections, WireRequest } from './upstream-connections.js'
import { redirectTarget, type Trusted } from './host-trust.js'

const redirects = [301, 302, 303, 307, 308]
const hopsAtMost = 5
const errorBodyBytes = 64 * 1024

/** Sends a request and answers as the server did, redirects included: the rest of a success is in `body`. */
export async function sendOnce(connections: Connections, request: WireRequest): Promise<Answer> {
  const { statusCode: status, headers, body } = await connections.send(request)
  body.on('error', () => {})
  const text = status < 300 ? '' : ((await readAtMost(body, errorBodyBytes))?.toString() ?? '')
  return { status, headers, body, text }
}

/**
 * Sends a request and follows up to five redirects, as blobs need that lie in object storage. Everything but
 * Authorization goes along; that stays with the origin it was meant for, since storage refuses a request signed twice.
 */
export async function follow(
  connections: Connections,
  request: WireRequest,
  host: string,
  trusted: Trusted,
): Promise<Answer> {
  let current = request
  for (let hops = 0; hops <= hopsAtMost; hops++) {
    const answer = await sendOnce(connections, current)
    const location = header(answer, 'location')
    if (!redirects.includes(answer.status) || location === undefined) {
      return current.url.origin === request.url.origin ? answer : { ...answer, redirectedTo: current.url.host }
    }
    const target = redirectTarget(location, current.url, trusted)
    if ('refused' in target) {
      throw new UpstreamFailure(
        'unavailable',
        `The upstream registry ${host} redirects ${target.refused}, which is not followed.`,
      )
    }
    const { authorization, ...others } = current.headers
    const headers = target.origin === current.url.origin && authorization ? { ...others, authorization } : others
    current = { ...current, url: target, headers }
  }
  throw new UpstreamFailure('unavailable', `The upstream registry ${host} redirects more than ${hopsAtMost} times.`)
}
