import type { HttpRequest } from '@smithy/protocol-http'
import type { CredentialsOf } from '../access/credentials.js'
import { ServiceException } from '../registry/errors.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Principal } from '../registry/principal.js'
import { verify } from '../sigv4/verify.js'

/** Who calls, and for which Region. */
export interface Caller {
  principal: Principal
  region: string
}

/** A request that remembers, where it came over HTTP, its headers as sent: a signature covers each one that is repeated. */
export interface ReceivedRequest extends HttpRequest {
  readonly rawHeaders?: readonly string[]
  readonly remoteAddress: string | undefined
  readonly isSecure: boolean
}

/** What judging a signature needs. */
export interface AuthenticateDeps {
  readonly credentialsOf: CredentialsOf
  readonly clock: Clock
}

/**
 * Verifies the Signature Version 4 of a call, in its headers or its query. Throws the exceptions of the service's
 * front end, in its order.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function authenticate(request: ReceivedRequest, service: 'ecr' | 'sts' | 'iam', now: Date, deps: AuthenticateDeps): Caller {
  const { method, path, headers, rawHeaders } = request
  const verdict = verify(
    { method, path, headers, ...(rawHeaders && { rawHeaders }), body: request.body as Buffer },
    {
      secretOf: (accessKeyId) => deps.credentialsOf(accessKeyId)?.secretAccessKey,
      service,
      now: deps.clock.wall(),
    },
  )
  const credentials = verdict.valid ? deps.credentialsOf(verdict.accessKeyId) : undefined
  if (!verdict.valid) throw new ServiceException(verdict.code, verdict.message)
  if (!credentials) throw new ServiceException('UnrecognizedClientException')
  return { principal: credentials.principal, region: verdict.region }
}
