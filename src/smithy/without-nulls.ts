import { shape } from './model.js'

/**
 * An input as AWS reads it: a member that is null was not sent. Only what the model knows is looked at, so the depth of
 * what a caller sends besides costs nothing, and a null in a list stays for validation to refuse.
 */
export function withoutNulls(shapeId: string, value: unknown): unknown {
  const { type, members = {}, member } = shape(shapeId)
  if (type === 'list' && member && Array.isArray(value)) return value.map((item) => withoutNulls(member.target, item))
  if (type !== 'structure' || !isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, given]) => given !== null || !Object.hasOwn(members, name))
      .map(([name, given]) => [name, withoutMemberNulls(members, name, given)]),
  )
}

function withoutMemberNulls(members: Readonly<Record<string, { target: string }>>, name: string, value: unknown) {
  const member = Object.hasOwn(members, name) ? members[name] : undefined
  return member ? withoutNulls(member.target, value) : value
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
