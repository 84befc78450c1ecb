import type { ErrorObject } from 'ajv'
import { configurationCheck } from './configuration-check.generated.js'
import { findingsCheck } from './findings-check.generated.js'
import { withoutPassword } from './without-password.js'

/** A violation of a rule of the published schema. */
export interface BrokenRule {
  /** JSON pointer to the value, without parts that may be secret. */
  readonly path: string
  /** The rule and the value, to be shown after the path. */
  readonly complaint: string
}

/** The first rule of `ecr-local.schema.json` that a configuration breaks. Editors use the same schema. */
export const brokenRule = (configuration: unknown): BrokenRule | undefined =>
  ruleBrokenIn(configuration, configurationCheck, 'setting')

/** The first rule of `scan-findings.schema.json` that a file of findings breaks. */
export const brokenFindingsRule = (file: unknown): BrokenRule | undefined =>
  ruleBrokenIn(file, findingsCheck, 'member here')

function ruleBrokenIn(file: unknown, check: typeof configurationCheck, member: string): BrokenRule | undefined {
  if (check(file)) return undefined
  const [error] = check.errors ?? []
  return error && { path: shownPath(error, file), complaint: complaintOf(error, member) }
}

const memberOf = (value: unknown, name: string) => (Object(value) as Record<string, unknown>)[name]

function complaintOf(
  { keyword, params, parentSchema, propertyName, instancePath, data }: ErrorObject,
  member: string,
): string {
  const { patternErrorMessage, errorMessage, properties } = (parentSchema ?? {}) as EditorHints
  if (keyword === 'additionalProperties') return `is not a ${member}; there ${listNames(Object.keys(properties ?? {}))}`
  if (keyword === 'required') return `is missing`
  if (propertyName !== undefined) return patternErrorMessage ?? 'is not a valid name here'
  const rule = errorMessage ?? (keyword === 'pattern' ? patternErrorMessage : undefined) ?? ruleOf(keyword, params)
  const shown = HIDDEN.test(instancePath) ? typeShown(keyword, data) : shownValue(data)
  return shown && rule !== NOT_EMPTY ? `${rule}, not ${shown}` : rule
}

const NOT_EMPTY = 'must not be empty'

/** Messages that editors show in place of a rule. */
interface EditorHints {
  errorMessage?: string
  patternErrorMessage?: string
  properties?: object
}

function ruleOf(keyword: string, params: Record<string, unknown>): string {
  if (keyword === 'enum') return `must be one of ${(params.allowedValues as string[]).join(', ')}`
  if (keyword === 'type') return `must be ${/^[aeio]/.test(String(params.type)) ? 'an' : 'a'} ${String(params.type)}`
  return NOT_EMPTY
}

const listNames = (names: string[]) =>
  names.length === 1 ? `is only ${names.join()}` : `are ${names.filter((name) => name !== '$schema').join(', ')}`

function shownPath({ params, instancePath, propertyName }: ErrorObject, configuration: unknown): string {
  const { missingProperty, additionalProperty } = params as Record<string, string | undefined>
  const memberName = missingProperty ?? additionalProperty ?? propertyName
  const path = memberName === undefined ? instancePath : `${instancePath}/${memberName}`
  if (!path.startsWith('/accounts')) return withoutPassword(path)
  if (path.includes('/accessKeys/')) return path.replace(/\/accessKeys\/.*/s, '/accessKeys/…')
  const container = memberName === undefined ? instancePath.replace(/\/[^/]*$/, '') : instancePath
  return mayBeKey(instancePath, memberName, configuration) ? `${container}/…` : path
}

/** A string under an unknown name may be a secret access key that was swapped with its id. */
function mayBeKey(instancePath: string, memberName: string | undefined, configuration: unknown): boolean {
  if (memberName === undefined && !/\/(users|roles|secrets)\/[^/]+$/.test(instancePath)) return false
  const names = instancePath.split('/').slice(1).map(unescaped)
  const value = [...names, ...(memberName === undefined ? [] : [memberName])].reduce(memberOf, configuration)
  return typeof value === 'string'
}

/** https://www.rfc-editor.org/rfc/rfc6901 */
const unescaped = (name: string) => name.replaceAll('~1', '/').replaceAll('~0', '~')

/** Paths of values that are secret, or may be. */
const HIDDEN = /^\/(accounts|secret$|adminToken$)/

/**
 * Of a hidden value only its type is shown, and only if the type is wrong: a secret in the wrong place is still a
 * secret.
 */
function typeShown(keyword: string, value: unknown): string | undefined {
  if (keyword !== 'type') return undefined
  return typeof value === 'object' ? shownValue(value) : `a ${typeof value}`
}

function shownValue(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  const shown = withoutPassword(JSON.stringify(value))
  return shown.includes('//') ? shown : shown.replace(/^".*@/s, '"…@')
}
