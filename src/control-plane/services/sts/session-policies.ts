import { managedPolicy } from '../../../access/managed-policies.js'
import { parseSessionPolicy } from '../../../access/parsed-policies.js'
import { PolicyError } from '../../../iam/policy-error.js'
import { ServiceException } from '../../../registry/errors.js'
import { refusalOf, validationError } from '../query-refusals.js'
import type { Input } from './sts-operation.js'

/**
 * The texts of a session's policies: the inline one and the managed ones. Throws MalformedPolicyDocument, and
 * ValidationError for a managed policy that does not exist.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
export function acceptSessionPolicies({
  Policy,
  PolicyArns = [],
}: Pick<Input<'AssumeRole'>, 'Policy' | 'PolicyArns'>): string[] {
  const inline = Policy === undefined ? [] : [acceptInline(Policy)]
  return [...inline, ...PolicyArns.map(({ arn }, index) => managedPolicyText(arn ?? missingArn(index)))]
}

function acceptInline(text: string): string {
  try {
    parseSessionPolicy(text)
    return text
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed('This policy contains invalid Json')
    if (error instanceof PolicyError) throw malformed('Syntax errors in policy.')
    throw error
  }
}

const malformed = (message: string) => new ServiceException('MalformedPolicyDocument', message)

/** The model does not require the member, although the structure has no other. */
function missingArn(index: number): never {
  const path = ['PolicyArns', index, 'arn']
  throw refusalOf([{ path, value: undefined, broken: { kind: 'required' }, constraints: [] }])
}

function managedPolicyText(arn: string): string {
  const policy = arn.startsWith('arn:') ? managedPolicy(arn) : undefined
  if (!policy) throw validationError(`Policy ${arn} does not exist or is not attachable.`)
  return JSON.stringify(policy.document)
}
