import { invalidParameterAt, ServiceException } from '../../../registry/errors.js'
import type { Constraint, JsonType, Violation } from '../../../smithy/validate.js'
import { constraintWords, type ValueConstraint, wirePath } from '../constraint-words.js'

/**
 * The refusal of an input that breaks the model. A value of the wrong type comes first, because the service cannot even
 * parse it. Of the other violations ECR names the first, in a format that no other service uses.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html
 */
export function refusalOf(violations: readonly Violation[]): ServiceException {
  for (const { broken } of violations) {
    if (broken.kind === 'type') return new ServiceException('SerializationException', unreadable(broken))
  }
  const [first] = violations
  if (!first) throw new RangeError('There is no violation to refuse')
  const name = nameCheckedByHand(first)
  if (name) return invalidParameterAt(name, `must ${wordsForName(name, first.broken)}`)
  if (isScalarInList(first)) return invalidParameterAt(wirePath(first.path.slice(0, -1)), allWords(first.constraints))
  return invalidParameterAt(wirePath(first.path), `Member must ${words(first.broken, first.path)}`)
}

/** Members that ECR validates outside its generated checks, which shows in messages without "Member". */
function nameCheckedByHand({ path: [member = '', index, ...rest], broken }: Violation) {
  if (member === 'repositoryName' && index === undefined) return 'repositoryName'
  if (member === 'repositoryNames' && index !== undefined && rest.length === 0) return 'repositoryName'
  if (member === 'registryId' && index === undefined && broken.kind === 'pattern') return 'registryId'
  return undefined
}

/** The pattern of a repository name is quoted and that of a registry id is not, as captured from the service. */
function wordsForName(name: string, broken: Constraint): string {
  if (broken.kind !== 'pattern') return words(broken)
  const pattern = inJava(broken.pattern)
  return `satisfy regular expression ${name === 'repositoryName' ? `'${pattern}'` : pattern}`
}

const isScalarInList = ({ path, broken }: Violation) => typeof path.at(-1) === 'number' && broken.kind !== 'required'

const allWords = (constraints: readonly Constraint[]) =>
  `Member must satisfy constraint: [${constraints.map((constraint) => `Member must ${words(constraint)}`).join(', ')}]`

function words(broken: Constraint, path: Violation['path'] = []): string {
  if (broken.kind === 'type') return unreadable(broken)
  return constraintWords(asListed(broken, path))
}

function asListed(broken: ValueConstraint, path: Violation['path']): ValueConstraint {
  if (broken.kind === 'pattern') return { ...broken, pattern: inJava(broken.pattern) }
  return broken.kind === 'enum' ? { ...broken, values: ENUM_ORDERS[String(path.at(-1))] ?? broken.values } : broken
}

/** Enums that the service lists in the order of a Java set. Only this one is known. */
const ENUM_ORDERS: Readonly<Record<string, readonly string[]>> = {
  imageTagMutability: ['IMMUTABLE', 'MUTABLE', 'MUTABLE_WITH_EXCLUSION', 'IMMUTABLE_WITH_EXCLUSION'],
}

/** Java has no regular expression literals, so the service's slashes are bare where the model escapes them. */
const inJava = (pattern: string) => pattern.replaceAll('\\/', '/')

/** The messages of AWS's JSON parser, as seen in other services; ECR's own are not public. */
function unreadable({ expected, actual }: Extract<Constraint, { kind: 'type' }>): string {
  if (actual === 'list') return 'Start of list found where not expected'
  if (actual === 'structure') return 'Start of structure or map found where not expected.'
  if (expected === 'list') return 'Expected list or null'
  if (expected === 'structure') return 'Expected null'
  return `${tokenOf(actual)} can not be converted to ${expected === 'integer' ? 'an' : 'a'} ${capitalised(expected)}`
}

const tokenOf = (actual: JsonType) => `${actual.toUpperCase()}_VALUE`
const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
