import { type CredentialScope, isRegion, readCredential } from './credential-scope.js'
import { parseQuery } from './query.js'
import { header, type SignedRequest } from './signed-request.js'

/** The parts of a credential that can be read. */
export type ClaimedScope = Partial<Pick<CredentialScope, 'accessKeyId' | 'region' | 'service'>>

/**
 * The credential that a request names in its header or its query, without verifying the signature: enough to know which
 * service is called. Undefined for a request without any credential; empty for one whose credential cannot be read.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
 */
export function claimedScope(request: SignedRequest): ClaimedScope | undefined {
  const authorization = header(request, 'authorization')
  const inQuery = authorization === undefined ? new Map(parseQuery(request.path)).get('X-Amz-Credential') : undefined
  if (authorization === undefined && inQuery === undefined) return undefined
  const credential = inQuery ?? /Credential=([^\s,]*)/.exec(authorization ?? '')?.[1] ?? ''
  const { accessKeyId, region, service } = readCredential(credential) ?? {}
  return { accessKeyId, service, ...(region !== undefined && isRegion(region) && { region }) }
}
