import type { SignatureClaim } from './claim.js'
import type { Query } from './query.js'
import { type Refusal, refusals } from './refusals.js'
import { header, type SignedRequest } from './signed-request.js'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html */
export function readAuthorizationHeader(
  request: SignedRequest,
  authorization: string,
  query: Query,
): SignatureClaim | Refusal {
  if (!authorization.startsWith('AWS4-')) return refusals.missingAuthenticationToken()

  const [algorithm = '', ...parameters] = authorization.split(/[ ,\t]+/)
  const values = new Map(parameters.map(nameAndValue))
  const [credential, signature, signedHeaders] = required.map((name) => values.get(name))
  const date = header(request, 'x-amz-date') ?? header(request, 'date')

  if (!credential || !signature || !signedHeaders || !date) {
    const missing = required.filter((name) => !values.get(name))
    return refusals.incompleteHeader(missing, date !== undefined, authorization)
  }
  const securityToken = header(request, 'x-amz-security-token')
  return { algorithm, credential, signedHeaders, signature, date, securityToken, query }
}

const required = ['Credential', 'Signature', 'SignedHeaders'] as const

function nameAndValue(parameter: string): [string, string] {
  const equals = parameter.indexOf('=')
  return equals < 0 ? [parameter, ''] : [parameter.slice(0, equals), parameter.slice(equals + 1)]
}
