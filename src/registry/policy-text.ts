import { invalidRegistryPolicy, invalidRepositoryPolicy } from './errors.js'
import type { Policy } from './repository.js'

/** A registry has one policy; this is its key. */
export const REGISTRY_POLICY = 'policy'

/**
 * A registry policy as it was given: a policy document or, as in the user guide's own example, one bare statement.
 * Throws InvalidParameterException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
 */
export function acceptRegistryPolicy(text: string): Policy {
  const json = parse(text)
  const isValid = isDocument(json, isRegistryStatement) || isRegistryStatement(json)
  if (!isValid) throw invalidRegistryPolicy()
  return { text }
}

/**
 * A repository policy as it was given; its statements may leave out the Resource, which is the repository.
 * Throws InvalidParameterException.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
 */
export function acceptRepositoryPolicy(text: string): Policy {
  if (!isDocument(parse(text), isStatement)) throw invalidRepositoryPolicy()
  return { text }
}

type Json = Record<string, unknown>

const documentKeys = new Set(['Version', 'Id', 'Statement'])
const versions = new Set([undefined, '2008-10-17', '2012-10-17'])
const principalKeys = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser'])
const statementKeys = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
])

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isDocument(json: unknown, isGood: (statement: unknown) => boolean): boolean {
  if (!isObject(json, documentKeys) || !versions.has(json.Version as string | undefined)) return false
  if (json.Id !== undefined && typeof json.Id !== 'string') return false
  const statements = Array.isArray(json.Statement) ? json.Statement : [json.Statement]
  return statements.length > 0 && statements.every(isGood)
}

function isStatement(json: unknown): json is Json {
  if (!isObject(json, statementKeys)) return false
  const { Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition } = json
  return (
    (Sid === undefined || typeof Sid === 'string') &&
    (Effect === 'Allow' || Effect === 'Deny') &&
    hasOne(Principal, NotPrincipal, isPrincipal) &&
    hasOne(Action, NotAction, isActions) &&
    ((Resource ?? NotResource) === undefined || hasOne(Resource, NotResource, isTexts)) &&
    (Condition === undefined || isCondition(Condition))
  )
}

const isRegistryStatement = (json: unknown): boolean =>
  isStatement(json) && (json.Resource ?? json.NotResource) !== undefined

const hasOne = (element: unknown, negated: unknown, isGood: (value: unknown) => boolean): boolean =>
  (element === undefined) !== (negated === undefined) && isGood(element ?? negated)

const isPrincipal = (value: unknown): boolean =>
  value === '*' ||
  (isObject(value, principalKeys) && Object.keys(value).length > 0 && Object.values(value).every(isTexts))

const isActions = (value: unknown): boolean =>
  isTexts(value) && [value].flat().every((action) => action === '*' || /^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(action))

const isCondition = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((keys) => isObject(keys) && Object.values(keys).every(isConditionValue))

const isConditionValue = (value: unknown): boolean =>
  [value].flat().every((one) => ['string', 'number', 'boolean'].includes(typeof one))

const isTexts = (value: unknown): value is string | string[] =>
  typeof value === 'string' ||
  (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string'))

const isObject = (value: unknown, keys?: ReadonlySet<string>): value is Json =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  (keys === undefined || Object.keys(value).every((key) => keys.has(key)))
