import type { ErrorObject } from 'ajv'
import { inputChecks } from './input-checks.generated.js'
import { inputOf, shape } from './model.js'
import { modelledMembers } from './modelled-members.js'

/** The type of a JSON value, as finely as a JSON reader tells them apart. */
export type JsonType = 'string' | 'number' | 'true' | 'false' | 'null' | 'list' | 'structure'

/** One requirement of the model on a value. */
export type Constraint =
  | { readonly kind: 'type'; readonly expected: string; readonly actual: JsonType }
  | { readonly kind: 'required' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: Limit; readonly limit: number }

type Limit = 'min-length' | 'max-length' | 'min-value' | 'max-value'

/** What is wrong with one value of an input, in the model's terms. Each service has words of its own for it. */
export interface Violation {
  /** Member names and zero-based list indexes, from the input down; empty for the input itself. */
  readonly path: readonly (string | number)[]
  readonly broken: Constraint
  /** All constraints of the value's shape, broken or not: of items of lists ECR names all of them. */
  readonly constraints: readonly Constraint[]
}

/**
 * The violations of an operation's input, at most one for each of its members, in model order; empty when it is valid.
 * One each, because a list of a million wrong items must not become a million objects.
 */
export function validate(operation: string, input: unknown): Violation[] {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return [wrongType([], 'structure', input)]
  const violations: Violation[] = []
  for (const [name, { target, traits }] of Object.entries(shape(inputOf(operation)).members ?? {})) {
    const value: unknown = Object.hasOwn(input, name) ? input[name as keyof typeof input] : undefined
    if (value !== undefined && value !== null)
      violations.push(...violationOf(name, target, modelledMembers(target, value)))
    else if (traits?.['smithy.api#required']) violations.push(missing([name]))
  }
  return violations
}

function violationOf(name: string, target: string, value: unknown): Violation[] {
  const check = inputChecks.get(target)
  if (!check) throw new Error(`No check was compiled for ${target}: npm run build`)
  if (check(value)) return []
  return (check.errors ?? []).slice(0, 1).map((error) => inModelTerms(error, [name, ...stepsOf(error.instancePath)]))
}

const stepsOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))

function inModelTerms({ keyword, params, schema, parentSchema = {}, data }: ErrorObject, path: Violation['path']) {
  if (keyword === 'required') return missing([...path, String(params.missingProperty)])
  if (data === null) return missing(path)
  const broken = constraintOf(keyword, schema)
  if (!broken) return wrongType(path, String(parentSchema.smithyType), data)
  return {
    path,
    broken,
    constraints: Object.entries(parentSchema).flatMap(([word, rule]) => constraintOf(word, rule) ?? []),
  }
}

const LIMITS: Readonly<Record<string, Limit>> = {
  maxLength: 'max-length',
  minLength: 'min-length',
  maxItems: 'max-length',
  minItems: 'min-length',
  maxBytes: 'max-length',
  minBytes: 'min-length',
  maximum: 'max-value',
  minimum: 'min-value',
}

function constraintOf(keyword: string, rule: unknown): Constraint | undefined {
  if (keyword === 'enum') return { kind: 'enum', values: rule as string[] }
  if (keyword === 'smithyPattern') return { kind: 'pattern', pattern: String(rule) }
  const kind = LIMITS[keyword]
  return kind && { kind, limit: Number(rule) }
}

const missing = (path: Violation['path']): Violation => ({ path, broken: { kind: 'required' }, constraints: [] })

const wrongType = (path: Violation['path'], expected: string, value: unknown): Violation => ({
  path,
  broken: { kind: 'type', expected, actual: jsonTypeOf(value) },
  constraints: [],
})

function jsonTypeOf(value: unknown): JsonType {
  if (typeof value === 'string' || typeof value === 'number') return typeof value as 'string' | 'number'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return value === null ? 'null' : Array.isArray(value) ? 'list' : 'structure'
}
