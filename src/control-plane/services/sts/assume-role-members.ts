import { type AssumeRoleRequest, inheritedTags } from '../../../access/assume-role.js'
import { managedPolicy } from '../../../access/managed-policies.js'
import { parseSessionPolicy } from '../../../access/parsed-policies.js'
import { PolicyError } from '../../../iam/policy-error.js'
import { ServiceException } from '../../../registry/errors.js'
import type { Principal } from '../../../registry/principal.js'
import type { Members } from '../query-action.js'
import { type MemberReader, memberReader, type TextLimits, validationError } from '../query-members.js'

/** What the call says of the session it wants. */
type Wanted = Omit<AssumeRoleRequest, 'principal' | 'region' | 'request'> & {
  readonly durationSeconds: number | undefined
}

const limits = {
  roleArn: { required: true, min: 20, max: 2048 },
  sessionName: { required: true, min: 2, max: 64, characters: '[\\w+=,.@-]' },
  policy: { min: 1, max: 2048 },
  policyArn: { required: true, min: 20, max: 2048 },
  externalId: { min: 2, max: 1224, characters: '[\\w+=,.@:\\/-]' },
  tagKey: { required: true, min: 1, max: 128, characters: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]' },
  tagValue: { required: true, max: 256, characters: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]' },
  transitiveTagKey: { min: 1, max: 128, characters: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]' },
} satisfies Record<string, TextLimits>

/**
 * Reads the members of AssumeRole; those about a second factor and a source identity are not looked at. Throws
 * ValidationError, InvalidParameterValue and MalformedPolicyDocument.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function readAssumeRole(members: Members, { session }: Principal): Wanted {
  const read = memberReader(members)
  const roleArn = read.text('RoleArn', limits.roleArn) ?? ''
  const sessionName = read.text('RoleSessionName', limits.sessionName) ?? ''
  const durationSeconds = read.integer('DurationSeconds', 900, 43_200)
  const externalId = read.text('ExternalId', limits.externalId)
  const policy = read.text('Policy', limits.policy)
  const policyArns = read.items('PolicyArns', 10).map((at) => read.text(`${at}.arn`, limits.policyArn) ?? '')
  const tags = read.items('Tags', 50).map((at) => readTag(read, at))
  const transitiveTagKeys = read
    .items('TransitiveTagKeys', 50)
    .map((at) => read.text(at, limits.transitiveTagKey) ?? '')
  read.finish()

  if (!/^arn:[a-z-]+:iam::\d{12}:role\/./.test(roleArn)) throw validationError('Request ARN is invalid')
  refuseTags(tags, transitiveTagKeys, Object.keys(inheritedTags(session)))
  const policies = [...(policy === undefined ? [] : [inlinePolicy(policy)]), ...policyArns.map(managedPolicyText)]
  return {
    roleArn,
    sessionName,
    durationSeconds,
    externalId,
    policies,
    tags: Object.fromEntries(tags),
    transitiveTagKeys: eachOnce(transitiveTagKeys),
  }
}

/** The case of a tag's key does not count. */
const eachOnce = (keys: readonly string[]): string[] => [
  ...new Map(keys.map((key) => [key.toLowerCase(), key])).values(),
]

const readTag = (read: MemberReader, at: string): [key: string, value: string] => [
  read.text(`${at}.Key`, limits.tagKey) ?? '',
  read.text(`${at}.Value`, limits.tagValue) ?? '',
]

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html: keys compare without regard to case. */
function refuseTags(tags: [key: string, value: string][], transitive: string[], inherited: string[]): void {
  const keys = new Set(tags.map(([key]) => key.toLowerCase()))
  if (keys.size < tags.length)
    throw invalidValue('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if (inherited.some((key) => keys.has(key.toLowerCase())))
    throw invalidValue(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  if (!transitive.every((key) => keys.has(key.toLowerCase())))
    throw invalidValue('The specified transitive tag key must be included in the requested tags.')
}

const invalidValue = (message: string) => new ServiceException('InvalidParameterValue', message)

function inlinePolicy(text: string): string {
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

function managedPolicyText(arn: string): string {
  const policy = arn.startsWith('arn:') ? managedPolicy(arn) : undefined
  if (!policy) throw validationError(`Policy ${arn} does not exist or is not attachable.`)
  return JSON.stringify(policy.document)
}
