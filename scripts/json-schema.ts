import { type Shape, shape } from '../src/smithy/model.js'

/** A JSON Schema, with the additional keywords that `src/smithy/keywords.ts` defines. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * The JSON Schema that accepts what a Smithy shape accepts; unknown members are accepted, as in AWS. The types of the whole
 * value come before all constraints, because the service parses a request before it validates it, and members are in model
 * order, so that the first violation is the one that the service names.
 */
export const jsonSchema = (id: string): JsonSchema => ({ allOf: [types(id), constraints(id)] })

const JSON_TYPES: Readonly<Record<string, JsonSchema>> = {
  structure: { type: 'object' },
  list: { type: 'array' },
  string: { type: 'string' },
  enum: { type: 'string' },
  blob: { type: 'string', base64: true },
  integer: { type: 'integer' },
  long: { type: 'integer' },
  boolean: { type: 'boolean' },
}

function types(id: string): JsonSchema {
  const { type, members, member } = shape(id)
  const json = JSON_TYPES[type]
  if (!json) throw new Error(`${id}: no request has had a ${type} yet`)
  return {
    smithyType: type === 'enum' ? 'string' : type,
    ...json,
    ...(type === 'structure' && members && { properties: mapValues(members, ({ target }) => types(target)) }),
    ...(member && { items: types(member.target) }),
  }
}

function constraints(id: string): JsonSchema {
  const { type, members = {}, member, traits = {} } = shape(id)
  const { 'smithy.api#length': length = {}, 'smithy.api#range': range = {} } = traits
  switch (type) {
    case 'structure':
      return { allOf: Object.entries(members).map(([name, { target, traits }]) => ofMember(name, target, traits)) }
    case 'list':
      return present({ maxItems: length.max, minItems: length.min, items: member && constraints(member.target) })
    case 'enum':
      return { enum: Object.values(members).map(({ traits }) => traits?.['smithy.api#enumValue']) }
    case 'blob':
      return present({ maxBytes: length.max, minBytes: length.min })
    case 'string':
      return present({ maxLength: length.max, minLength: length.min, smithyPattern: traits['smithy.api#pattern'] })
    default:
      return present({ maximum: range.max, minimum: range.min })
  }
}

const ofMember = (name: string, target: string, traits: Shape['traits']): JsonSchema => ({
  ...(traits?.['smithy.api#required'] && { required: [name] }),
  properties: { [name]: constraints(target) },
})

const present = (keywords: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined))

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
