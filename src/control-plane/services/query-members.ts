import { ServiceException } from '../../registry/errors.js'
import { malformedInput } from '../protocols/aws-query.js'
import type { Members } from './query-action.js'

/** What a text member must be like. */
export interface TextLimits {
  readonly required?: boolean
  readonly min?: number
  readonly max?: number
  /** A class of characters as AWS writes it: `[\w+=,.@-]`. */
  readonly characters?: string
}

/** Reads members one by one and remembers what is wrong with them, for one refusal that tells it all. */
export interface MemberReader {
  text(name: string, limits: TextLimits): string | undefined
  integer(name: string, min: number, max: number): number | undefined
  /** The names of a list's items, in order: `Tags.member.1`. */
  items(name: string, max: number): string[]
  /** Throws ValidationError where anything read so far was wrong. */
  finish(): void
}

/** A refusal in the grammar STS and IAM share. */
export const validationError = (message: string) => new ServiceException('ValidationError', message)

/** https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
export function memberReader(members: Members): MemberReader {
  const broken: string[] = []
  const complain = (name: string, value: string | undefined, constraint: string) =>
    broken.push(`Value ${quoted(value)} at '${wirePath(name)}' failed to satisfy constraint: Member must ${constraint}`)

  return {
    text(name, limits) {
      const value = members.get(name)
      if (value === undefined && limits.required) complain(name, value, 'not be null')
      for (const constraint of value === undefined ? [] : brokenBy(value, limits)) complain(name, value, constraint)
      return value
    },
    integer(name, min, max) {
      const value = members.get(name)
      if (value === undefined) return undefined
      if (!/^-?\d{1,10}$/.test(value)) throw malformedInput(`${name} must be a whole number.`)
      if (Number(value) < min) complain(name, value, `have value greater than or equal to ${min}`)
      if (Number(value) > max) complain(name, value, `have value less than or equal to ${max}`)
      return Number(value)
    },
    items(name, max) {
      const items = itemsOf(members, name)
      if (items.length > max) complain(name, `[${items.length} items]`, `have length less than or equal to ${max}`)
      return items.slice(0, max)
    },
    finish() {
      const count = `${broken.length} validation error${broken.length === 1 ? '' : 's'} detected`
      if (broken.length > 0) throw validationError(`${count}: ${broken.join('; ')}`)
    },
  }
}

function brokenBy(value: string, { min = 0, max = Infinity, characters }: TextLimits): string[] {
  const pattern = characters === undefined ? undefined : `${characters}*`
  return [
    value.length < min && `have length greater than or equal to ${min}`,
    value.length > max && `have length less than or equal to ${max}`,
    pattern !== undefined &&
      !new RegExp(`^(?:${pattern})$`, 'u').test(value) &&
      `satisfy regular expression pattern: ${pattern}`,
  ].filter((constraint) => constraint !== false)
}

function itemsOf(members: Members, name: string): string[] {
  const prefix = `${name}.member.`
  const numbers = [...members.keys()].flatMap((key) => {
    const number = key.startsWith(prefix) ? key.slice(prefix.length).split('.', 1)[0] : undefined
    return number !== undefined && /^\d{1,9}$/.test(number) ? [Number(number)] : []
  })
  return [...new Set(numbers)].sort((a, b) => a - b).map((number) => `${prefix}${number}`)
}

/** A refusal repeats what was wrong, within reason. */
const LONGEST_QUOTE = 2048
const quoted = (value: string | undefined) => (value === undefined ? 'null' : `'${value.slice(0, LONGEST_QUOTE)}'`)

/** `tags.1.member.key`: names start in lower case, and the number comes before its `member`. */
const wirePath = (name: string) =>
  name
    .replaceAll(/\.member\.(\d+)/g, '.$1.member')
    .split('.')
    .map((step) => step.charAt(0).toLowerCase() + step.slice(1))
    .join('.')
