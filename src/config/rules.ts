import { Ajv, type ErrorObject } from 'ajv'
import { readFileSync } from 'node:fs'

/** What breaks a rule of the published schema. */
export interface BrokenRule {
  /** JSON pointer to the value; without what may be a secret. */
  readonly path: string
  /** The rule and the value, to stand behind the path. */
  readonly complaint: string
}

/** The first rule of `ecr-local.schema.json` that a configuration breaks: editors and the start judge by the same. */
export function brokenRule(configuration: unknown): BrokenRule | undefined {
  const check = new Ajv({ strict: false, verbose: true, meta: false, validateSchema: false }).compile(
    schemaFor(configuration),
  )
  if (check(configuration)) return undefined
  const [error] = check.errors ?? []
  return error && { path: shownPath(error), complaint: complaintOf(error) }
}

/** The schema with rules for what is there and none for the rest: compiling those would slow every start. */
function schemaFor(configuration: unknown): object {
  const schema = JSON.parse(readFileSync(new URL('../../ecr-local.schema.json', import.meta.url), 'utf8')) as Schema
  const isThere = (name: string) => Object.hasOwn(Object(configuration) as object, name)
  const properties = Object.entries(schema.properties).map(([name, rules]) => [name, isThere(name) ? rules : true])
  return { ...schema, properties: Object.fromEntries(properties) as object }
}

interface Schema {
  properties: Record<string, object>
}

function complaintOf({ keyword, params, parentSchema, propertyName, instancePath, data }: ErrorObject): string {
  const { patternErrorMessage, errorMessage, properties } = (parentSchema ?? {}) as EditorHints
  if (keyword === 'additionalProperties') return `is not a setting; there ${listed(Object.keys(properties ?? {}))}`
  if (keyword === 'required') return `is missing`
  if (propertyName !== undefined) return patternErrorMessage ?? 'is no name for this'
  const rule = errorMessage ?? (keyword === 'pattern' ? patternErrorMessage : undefined) ?? ruleOf(keyword, params)
  return `${rule}, not ${shownValue(data, instancePath)}`
}

/** What editors show in the place of a rule. */
interface EditorHints {
  errorMessage?: string
  patternErrorMessage?: string
  properties?: object
}

function ruleOf(keyword: string, params: Record<string, unknown>): string {
  if (keyword === 'enum') return `must be one of ${(params.allowedValues as string[]).join(', ')}`
  if (keyword === 'type') return `must be ${params.type === 'string' ? 'a' : 'an'} ${String(params.type)}`
  return 'must not be empty'
}

const listed = (names: string[]) =>
  names.length === 1 ? `is only ${names.join()}` : `are ${names.filter((name) => name !== '$schema').join(', ')}`

function shownPath({ params, instancePath, propertyName }: ErrorObject): string {
  const { missingProperty, additionalProperty } = params as Record<string, string | undefined>
  const named = missingProperty ?? additionalProperty ?? propertyName
  const path = named === undefined ? instancePath : `${instancePath}/${named}`
  return withoutPassword(path.replace(/\/accessKeys\/.*/, '/accessKeys/…'))
}

/** Below `accounts` only the type is shown: a secret in the wrong place is a secret still. */
function shownValue(value: unknown, path: string): string {
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  if (path.startsWith('/accounts')) return value === null ? 'null' : `a ${typeof value}`
  return withoutPassword(JSON.stringify(value))
}

/** Passwords may hold any character, so all is cut up to the last `@`; in a JSON pointer slashes are `~1`. */
const withoutPassword = (text: string) => text.replace(/(\/\/|~1~1).*@/s, '$1…@')
