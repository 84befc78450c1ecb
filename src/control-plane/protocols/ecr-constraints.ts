import { invalidParameterAt, ServiceException } from '../../registry/errors.js'
import type { Constraint, JsonType, Violation } from '../../smithy/validate.js'

/**
 * The refusal of an input that breaks the model. A value of the wrong type is one the service could not even read, so
 * it comes before everything else; of the rest ECR names the first, in a grammar that no other service has.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/CommonErrors.html
 */
export function refusalOf(violations: readonly Violation[]): ServiceException {
  for (const { broken } of violations) {
    if (broken.kind === 'type') return new ServiceException('SerializationException', unreadable(broken))
  }
  const [first] = violations
  if (!first) throw new RangeError('An input without violations is not refused')
  const name = nameChecked(first)
  if (name) return invalidParameterAt(name, inNameWords(name, first.broken))
  if (isScalarInList(first)) return invalidParameterAt(wirePath(first.path.slice(0, -1)), reciting(first.constraints))
  return invalidParameterAt(wirePath(first.path), `Member ${inWords(first.broken, first.path)}`)
}

/** Members ECR checks by hand, outside the generated checks; known by their words, which have no "Member". */
function nameChecked({ path: [member = '', index, ...rest], broken }: Violation) {
  if (member === 'repositoryName' && index === undefined) return 'repositoryName'
  if (member === 'repositoryNames' && index !== undefined && rest.length === 0) return 'repositoryName'
  if (member === 'registryId' && index === undefined && broken.kind === 'pattern') return 'registryId'
  return undefined
}

/** Quotes the pattern of a repository name, and not that of a registry id: both as captured from the service. */
function inNameWords(name: string, broken: Constraint): string {
  if (broken.kind !== 'pattern') return inWords(broken)
  const pattern = asJava(broken.pattern)
  return `must satisfy regular expression ${name === 'repositoryName' ? `'${pattern}'` : pattern}`
}

const isScalarInList = ({ path, broken }: Violation) => typeof path.at(-1) === 'number' && broken.kind !== 'required'

const reciting = (constraints: readonly Constraint[]) =>
  `Member must satisfy constraint: [${constraints.map((constraint) => `Member ${inWords(constraint)}`).join(', ')}]`

/** `tags.2.member.key`: lists count from one, and every name starts in lower case whatever the wire says. */
const wirePath = (path: Violation['path']) =>
  path
    .map((step) => (typeof step === 'number' ? `${step + 1}.member` : step.charAt(0).toLowerCase() + step.slice(1)))
    .join('.')

function inWords(broken: Constraint, path: Violation['path'] = []): string {
  switch (broken.kind) {
    case 'required':
      return 'must not be null'
    case 'enum':
      return `must satisfy enum value set: [${(ENUM_ORDERS[String(path.at(-1))] ?? broken.values).join(', ')}]`
    case 'pattern':
      return `must satisfy regular expression pattern: ${asJava(broken.pattern)}`
    case 'min-length':
      return `must have length greater than or equal to ${broken.limit}`
    case 'max-length':
      return `must have length less than or equal to ${broken.limit}`
    case 'min-value':
      return `must have value greater than or equal to ${broken.limit}`
    case 'max-value':
      return `must have value less than or equal to ${broken.limit}`
    case 'type':
      return unreadable(broken)
  }
}

/** The service lists the values of a Java set; this one's order is known. */
const ENUM_ORDERS: Readonly<Record<string, readonly string[]>> = {
  imageTagMutability: ['IMMUTABLE', 'MUTABLE', 'MUTABLE_WITH_EXCLUSION', 'IMMUTABLE_WITH_EXCLUSION'],
}

/** Java has no regular expression literals, so the service's slashes are bare where the model escapes them. */
const asJava = (pattern: string) => pattern.replaceAll('\\/', '/')

/** The words of AWS's JSON reader; seen in other services, ECR's own are not public. */
function unreadable({ expected, actual }: Extract<Constraint, { kind: 'type' }>): string {
  if (actual === 'list') return 'Start of list found where not expected'
  if (actual === 'structure') return 'Start of structure or map found where not expected.'
  if (expected === 'list') return 'Expected list or null'
  if (expected === 'structure') return 'Expected null'
  return `${tokenOf(actual)} can not be converted to ${expected === 'integer' ? 'an' : 'a'} ${capitalised(expected)}`
}

const tokenOf = (actual: JsonType) => `${actual.toUpperCase()}_VALUE`
const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
