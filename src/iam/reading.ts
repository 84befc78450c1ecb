import { PolicyError } from './policy-error.js'

/** A value of the document together with its JSON pointer, for errors that show the place. */
export interface Located<T = unknown> {
  readonly value: T
  readonly path: string
}

type Members = Readonly<Record<string, unknown>>

/** Refuses what stands here. */
export function refuse({ path }: Located, message: string): never {
  throw new PolicyError(path, message)
}

/** A member of an object, present or not. https://www.rfc-editor.org/rfc/rfc6901 */
export const memberOf = ({ value, path }: Located<Members>, name: string): Located => ({
  value: Object.hasOwn(value, name) ? value[name] : undefined,
  path: `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
})

/** An object, of these members only where they are named. */
export function objectAt({ value, path }: Located, members?: readonly string[]): Located<Members> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse({ value, path }, `must be an object, not ${nameOf(value)}`)
  }
  const object = { value: value as Members, path }
  const stranger = members && Object.keys(value).find((name) => !members.includes(name))
  if (stranger !== undefined) refuse(memberOf(object, stranger), `is unknown here; known are ${members?.join(', ')}`)
  return object
}

/** A text, or undefined where there is none. */
export function optionalTextAt({ value, path }: Located): string | undefined {
  return value === undefined ? undefined : textAt({ value, path }).value
}

/** A text. */
function textAt({ value, path }: Located): Located<string> {
  return typeof value === 'string' ? { value, path } : refuse({ value, path }, `must be a text, not ${nameOf(value)}`)
}

/** One value or a list of them, as nearly every element of a policy may be written. */
export function listAt({ value, path }: Located): Located[] {
  if (!Array.isArray(value)) return [{ value, path }]
  return value.map((item: unknown, index) => ({ value: item, path: `${path}/${index}` }))
}

/** One value or several: a list of none says nothing, so whoever wrote it meant something else. */
export function filledListAt(at: Located): Located[] {
  const list = listAt(at)
  return list.length > 0 ? list : refuse(at, 'must not be an empty list')
}

/** One text or a list of texts. */
export const textsAt = (at: Located): Located<string>[] => filledListAt(at).map(textAt)

/** The one of two members that is there. Throws PolicyError where both are. */
export function eitherOf(object: Located<Members>, name: string, negatedName: string): Either | undefined {
  const [plain, negated] = [memberOf(object, name), memberOf(object, negatedName)]
  if (plain.value !== undefined && negated.value !== undefined) {
    refuse(negated, `must not stand beside ${name}: a statement has one of the two`)
  }
  if (plain.value !== undefined) return { at: plain, isNegated: false }
  return negated.value === undefined ? undefined : { at: negated, isNegated: true }
}

/** An element, and whether it was written as its Not form. */
export interface Either {
  readonly at: Located
  readonly isNegated: boolean
}

/** A value as people call it. */
export function nameOf(value: unknown): string {
  if (value === undefined) return 'absent'
  if (value === null) return 'null'
  if (typeof value === 'string') return value === '' ? 'an empty text' : value
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return JSON.stringify(value)
}
