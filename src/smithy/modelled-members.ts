import { shape } from './model.js'

/**
 * An input as AWS reads it: members the model does not have are dropped, however deep they lie, and a member that is null
 * was not sent. A null in a list stays for validation to refuse, and so does a value of another type than the model's.
 */
export function modelledMembers(shapeId: string, value: unknown): unknown {
  const { type, members = {}, member } = shape(shapeId)
  if (type === 'list' && member && Array.isArray(value)) {
    return value.map((item) => modelledMembers(member.target, item))
  }
  if (type !== 'structure' || !isRecord(value)) return value
  const given = Object.entries(members).filter(([name]) => Object.hasOwn(value, name) && value[name] !== null)
  return Object.fromEntries(given.map(([name, { target }]) => [name, modelledMembers(target, value[name])]))
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
