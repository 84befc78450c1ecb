import { shape } from './model.js'

/**
 * An input as AWS reads it: members that the model does not have are dropped at any depth, and a member that is null
 * counts as absent. A null in a list and a value of another type than the model's stay, for validation to refuse.
 */
export function modelledMembers(shapeId: string, value: unknown): unknown {
  const { type, members = {}, member } = shape(shapeId)
  if (type === 'list' && member && Array.isArray(value)) {
    return value.map((item) => modelledMembers(member.target, item))
  }
  if (type !== 'structure' || !isRecord(value)) return value
  const present: Record<string, unknown> = {}
  for (const [name, { target }] of Object.entries(members))
    if (Object.hasOwn(value, name) && value[name] !== null) present[name] = modelledMembers(target, value[name])
  return present
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
