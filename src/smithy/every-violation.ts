import { type Shape, shape } from './model.js'
import { wholeText } from './pattern.js'
import type { Constraint, Violation } from './validate.js'

/** A violation with the value that breaks the constraint, for services whose refusals quote it. */
export interface ValueViolation extends Violation {
  /** Undefined where a required member is absent. */
  readonly value: unknown
}

/**
 * Every violation of an input that was read by the model (`query-parameters.ts` reads so), in model order: STS and IAM
 * name them all in one refusal. Of a list that is too long only as many items are validated as it may have, which
 * bounds the number of violations. Lengths are Unicode scalar values:
 * https://smithy.io/2.0/spec/constraint-traits.html#length-trait
 */
export function everyViolation(shapeId: string, value: unknown, path: Violation['path'] = []): ValueViolation[] {
  const { members = {}, member, ...leaf } = shape(shapeId)
  if (leaf.type === 'structure') {
    const values = new Map<string, unknown>(Object.entries(Object(value) as object))
    return Object.entries(members).flatMap(([name, { target, traits }]) => {
      if (values.has(name)) return everyViolation(target, values.get(name), [...path, name])
      return traits?.['smithy.api#required'] ? [absent([...path, name])] : []
    })
  }
  if (value === undefined) return [absent(path)]
  const constraints = constraintsOf(leaf)
  const broken = constraints.filter((constraint) => isBroken(constraint, value))
  const own = broken.map((constraint) => ({ path, value, broken: constraint, constraints }))
  if (!member || !Array.isArray(value)) return own
  const items = value.slice(0, leaf.traits?.['smithy.api#length']?.max) as unknown[]
  return [...own, ...items.flatMap((item, index) => everyViolation(member.target, item, [...path, index]))]
}

const absent = (path: Violation['path']): ValueViolation => ({
  path,
  value: undefined,
  broken: { kind: 'required' },
  constraints: [],
})

function constraintsOf({ type, traits = {} }: Shape): Constraint[] {
  const { 'smithy.api#length': length, 'smithy.api#range': range, 'smithy.api#pattern': pattern } = traits
  const limits = [
    { kind: 'min-length', limit: length?.min },
    { kind: 'max-length', limit: length?.max },
    { kind: 'min-value', limit: range?.min },
    { kind: 'max-value', limit: range?.max },
  ] as const
  return [
    ...(type === 'integer' ? [{ kind: 'type', expected: 'integer', actual: 'string' } as const] : []),
    ...limits.flatMap(({ kind, limit }) => (limit === undefined ? [] : [{ kind, limit }])),
    ...(pattern === undefined ? [] : [{ kind: 'pattern', pattern } as const]),
  ]
}

function isBroken(constraint: Constraint, value: unknown): boolean {
  switch (constraint.kind) {
    case 'type':
      return typeof value !== 'number'
    case 'min-length':
      return sizeOf(value) < constraint.limit
    case 'max-length':
      return sizeOf(value) > constraint.limit
    case 'min-value':
      return typeof value === 'number' && value < constraint.limit
    case 'max-value':
      return typeof value === 'number' && value > constraint.limit
    case 'pattern':
      return typeof value === 'string' && !wholeText(constraint.pattern).test(value)
    default:
      return false
  }
}

/** In items or in Unicode scalar values; two surrogates are one of these. */
const sizeOf = (value: unknown): number =>
  Array.isArray(value) ? value.length : String(value).replaceAll(/[\ud800-\udbff][\udc00-\udfff]/g, ' ').length
