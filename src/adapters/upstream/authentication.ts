import { UpstreamFailure } from '../../registry/ports/upstream.js'
import type { Interceptor } from './interceptor.js'
import type { UpstreamResponse } from './upstream-responses.js'

/** Knows how to authenticate to one registry with one set of credentials or none. */
export interface Authenticator {
  /** The Authorization header to send now; undefined until the registry has demanded one. */
  authorization(scope: string | undefined): Promise<string | undefined>
  /** The registry has refused `authorization` with these challenges: the next `authorization` is a new one. */
  handleRefusal(
    scope: string | undefined,
    authorization: string | undefined,
    challenges: string | string[] | undefined,
  ): void
}

/** Sends the Authorization header, and sends the request once more if the registry demands another one. */
export const authentication =
  (host: string, authenticator: Authenticator): Interceptor =>
  (next) =>
  async (request, read) => {
    const { method, repository, headers, deadline } = request
    const scope = repository === undefined ? undefined : `repository:${repository}:pull`
    const send = async () => {
      const authorization = await beforeAbort(authenticator.authorization(scope), deadline.signal, host)
      const withAuthorization = authorization === undefined ? headers : { ...headers, authorization }
      const response = await next({ ...request, headers: withAuthorization }, (response) => response)
      return { authorization, response }
    }
    const { authorization, response } = await send()
    const isRefused = response.redirectedTo === undefined && demandsLogin(response, authorization, method)
    if (!isRefused) return read(response)
    authenticator.handleRefusal(scope, authorization, response.headers['www-authenticate'])
    return read((await send()).response)
  }

/** A 401, or a 400 for an expired token, as public.ecr.aws sends it (to HEAD without a body, see oras-go#1227). */
function demandsLogin(response: UpstreamResponse, authorization: string | undefined, method: string): boolean {
  const { status, text, headers } = response
  if (status === 401) return true
  if (status !== 400 || !authorization?.startsWith('Bearer ')) return false
  return method === 'HEAD' || /token[^"]*(?:invalid|expired)/i.test(`${text} ${String(headers['www-authenticate'])}`)
}

/**
 * A token request is shared by all who wait for it, so the deadline of one of them must not abort the token request.
 */
async function beforeAbort<T>(authorization: Promise<T>, signal: AbortSignal, host: string): Promise<T> {
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () =>
      reject(new UpstreamFailure('unavailable', `The upstream registry ${host} did not issue a token in time.`))
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([authorization, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
