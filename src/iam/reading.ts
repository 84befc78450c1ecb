import { PolicyError } from './policy-error.js'

/** A value of the document together with its JSON pointer, so that errors name the place. */
export interface LocatedValue<T = unknown> {
  readonly value: T
  readonly path: string
}

type Members = Readonly<Record<string, unknown>>

/** Throws a PolicyError for the value at this place. */
export function refuseAt({ path }: LocatedValue, message: string): never {
  throw new PolicyError(path, message)
}

/** A member of an object, present or not. https://www.rfc-editor.org/rfc/rfc6901 */
export const memberOf = ({ value, path }: LocatedValue<Members>, name: string): LocatedValue => ({
  value: Object.hasOwn(value, name) ? value[name] : undefined,
  path: `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
})

/** An object; where `members` are named, one that has no others. Throws PolicyError. */
export function objectAt({ value, path }: LocatedValue, members?: readonly string[]): LocatedValue<Members> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuseAt({ value, path }, `must be an object, not ${describeValue(value)}`)
  }
  const object = { value: value as Members, path }
  const stranger = members && Object.keys(value).find((name) => !members.includes(name))
  if (stranger !== undefined) refuseAt(memberOf(object, stranger), `is unknown here; known are ${members?.join(', ')}`)
  return object
}

/** A text, or undefined where the value is absent. Throws PolicyError. */
export function optionalTextAt({ value, path }: LocatedValue): string | undefined {
  return value === undefined ? undefined : textAt({ value, path }).value
}

/** A text. */
function textAt({ value, path }: LocatedValue): LocatedValue<string> {
  return typeof value === 'string'
    ? { value, path }
    : refuseAt({ value, path }, `must be a text, not ${describeValue(value)}`)
}

/** One value or a list of them, as nearly every element of a policy may be written. */
export function listAt({ value, path }: LocatedValue): LocatedValue[] {
  if (!Array.isArray(value)) return [{ value, path }]
  return value.map((item: unknown, index) => ({ value: item, path: `${path}/${index}` }))
}

/** One value or a list of values. Throws PolicyError for an empty list, which is never meant. */
export function filledListAt(at: LocatedValue): LocatedValue[] {
  const list = listAt(at)
  return list.length > 0 ? list : refuseAt(at, 'must not be an empty list')
}

/** One text or a list of texts. Throws PolicyError. */
export const textsAt = (at: LocatedValue): LocatedValue<string>[] => filledListAt(at).map(textAt)

/** Whichever of two mutually exclusive members is present. Throws PolicyError where both are. */
export function eitherOf(object: LocatedValue<Members>, name: string, negatedName: string): EitherElement | undefined {
  const [plain, negated] = [memberOf(object, name), memberOf(object, negatedName)]
  if (plain.value !== undefined && negated.value !== undefined) {
    refuseAt(negated, `must not stand beside ${name}: a statement has one of the two`)
  }
  if (plain.value !== undefined) return { at: plain, isNegated: false }
  return negated.value === undefined ? undefined : { at: negated, isNegated: true }
}

/** An element, and whether it was written as its Not form. */
export interface EitherElement {
  readonly at: LocatedValue
  readonly isNegated: boolean
}

/** A value as error messages describe it. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'absent'
  if (value === null) return 'null'
  if (typeof value === 'string') return value === '' ? 'an empty text' : value
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object'
  return JSON.stringify(value)
}
