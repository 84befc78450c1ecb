import { type CredentialScope, isRegion, readCredential } from './credential-scope.js'
import { parseQuery } from './query.js'
import { header, type SignedRequest } from './signed-request.js'

/** A credential as far as it can be read. */
export type ClaimedScope = Partial<Pick<CredentialScope, 'accessKeyId' | 'region' | 'service'>>

/**
 * The credential a request names, in its header or its query, whoever signed it and whether or not it is signed: enough
 * to know which service is called. Undefined for a request that shows no credential at all, not even one that cannot be
 * read. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html
 */
export function claimedScope(request: SignedRequest): ClaimedScope | undefined {
  const authorization = header(request, 'authorization')
  const inQuery = authorization === undefined ? new Map(parseQuery(request.path)).get('X-Amz-Credential') : undefined
  if (authorization === undefined && inQuery === undefined) return undefined
  const credential = inQuery ?? /Credential=([^\s,]*)/.exec(authorization ?? '')?.[1] ?? ''
  const { accessKeyId, region, service } = readCredential(credential) ?? {}
  return { accessKeyId, service, ...(region !== undefined && isRegion(region) && { region }) }
}
