import type { SignatureClaim } from './claim.js'
import type { Query } from './query.js'
import { type Refusal, refusals } from './refusals.js'

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html#aws-signing-authentication-query
 */
export function readPresigned(query: Query): SignatureClaim | Refusal {
  const values = new Map(query)
  const [algorithm, credential, signature, signedHeaders, date] = required.map((name) => values.get(name))
  if (!algorithm || !credential || !signature || !signedHeaders || !date) {
    return refusals.incompleteQuery(required.filter((name) => !values.get(name)))
  }
  return {
    algorithm,
    credential,
    signedHeaders,
    signature,
    date,
    expires: values.get('X-Amz-Expires'),
    securityToken: values.get('X-Amz-Security-Token'),
    query: query.filter(([name]) => name !== 'X-Amz-Signature'),
  }
}

const required = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
  'X-Amz-Date',
] as const
