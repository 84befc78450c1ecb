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
  const credential = valueOf('Credential', parameters)
  const signature = valueOf('Signature', parameters)
  const signedHeaders = valueOf('SignedHeaders', parameters)
  const date = header(request, 'x-amz-date') ?? header(request, 'date')

  if (!credential || !signature || !signedHeaders || !date) {
    const missing = required.filter((name) => !valueOf(name, parameters))
    return refusals.incompleteHeader(missing, date !== undefined, authorization)
  }
  const securityToken = header(request, 'x-amz-security-token')
  return { algorithm, credential, signedHeaders, signature, date, securityToken, query }
}

const required = ['Credential', 'Signature', 'SignedHeaders'] as const

/** The last value that is given under a name; empty if the last time there is no equals sign. */
const valueOf = (name: string, parameters: readonly string[]): string | undefined =>
  parameters.findLast((parameter) => isNamed(name, parameter))?.slice(name.length + 1)

const isNamed = (name: string, parameter: string): boolean =>
  parameter.startsWith(name) && (parameter.length === name.length || parameter[name.length] === '=')
