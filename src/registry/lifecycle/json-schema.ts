/** The types of JSON that the validator names. An integer is also a number. */
type JsonType = 'array' | 'boolean' | 'integer' | 'null' | 'number' | 'object' | 'string'

/** The part of JSON Schema that the schema of lifecycle policies needs. */
export interface JsonSchema {
  readonly type?: JsonType
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: JsonSchema
  readonly required?: readonly string[]
  /** Members that must not be there. */
  readonly absent?: readonly string[]
  /** In the order in which they are validated. */
  readonly properties?: Readonly<Record<string, JsonSchema>>
  /** Set if there may be further properties. */
  readonly isOpen?: true
  readonly oneOf?: readonly JsonSchema[]
}

/**
 * The first violation of a schema, in the words of the Java validator that the service uses
 * (https://github.com/java-json-tools/json-schema-validator); undefined if the value is valid.
 */
export function schemaViolation(value: unknown, schema: JsonSchema): string | undefined {
  const { type, enum: allowed, minimum } = schema
  if (type && !isOfType(value, type))
    return `instance type (${typeOf(value)}) does not match any allowed primitive type (allowed: ["${type}"])`
  if (allowed && !allowed.some((one) => one === value))
    return `instance value (${textOf(value)}) not found in enum :(possible values: ${namesIn(allowed)})`
  if (minimum !== undefined && typeof value === 'number' && value < minimum)
    return `numeric instance is lower than the required minimum (minimum: ${minimum}, found: ${value})`
  if (Array.isArray(value)) return arrayViolation(value, schema)
  return isObject(value) ? objectViolation(value, schema) : undefined
}

function arrayViolation(items: readonly unknown[], { minItems, maxItems, items: itemSchema }: JsonSchema) {
  const count = items.length
  if (minItems !== undefined && count < minItems)
    return `array is too short: must have at least ${minItems} elements but instance has ${count} elements`
  if (maxItems !== undefined && count > maxItems)
    return `array is too long: must have at most ${maxItems} elements but instance has ${count} elements`
  return itemSchema && firstOf(items, (item) => schemaViolation(item, itemSchema))
}

function objectViolation(object: Readonly<Record<string, unknown>>, schema: JsonSchema): string | undefined {
  const { required = [], absent = [], properties = {}, isOpen, oneOf } = schema
  const missing = required.filter((name) => !Object.hasOwn(object, name))
  if (missing.length > 0) return `object has missing required properties (${namesIn(missing)})`
  const isUnknown = (name: string) => (!isOpen && !Object.hasOwn(properties, name)) || absent.includes(name)
  const unknown = Object.keys(object).filter(isUnknown)
  if (unknown.length > 0)
    return `object instance has properties which are not allowed by the schema: (${namesIn(unknown)})`
  const named = Object.entries(properties).filter(([name]) => Object.hasOwn(object, name))
  const violation = firstOf(named, ([name, member]) => schemaViolation(object[name], member))
  return violation ?? (oneOf && oneOfViolation(object, oneOf))
}

function oneOfViolation(value: unknown, schemas: readonly JsonSchema[]): string | undefined {
  const matches = schemas.filter((schema) => schemaViolation(value, schema) === undefined).length
  return matches === 1
    ? undefined
    : `instance failed to match exactly one schema (matched ${matches} out of ${schemas.length})`
}

function firstOf<T>(items: readonly T[], violationOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const violation = violationOf(item)
    if (violation !== undefined) return violation
  }
  return undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isOfType = (value: unknown, type: JsonType): boolean =>
  typeOf(value) === type || (type === 'number' && typeof value === 'number')

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value as 'string' | 'boolean'
  return 'object'
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** The validator sorts the names that it lists. */
const namesIn = (names: readonly string[]): string =>
  `[${[...names]
    .sort()
    .map((name) => JSON.stringify(name))
    .join(', ')}]`
