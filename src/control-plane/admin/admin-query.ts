import { isRegion } from '../../sigv4/credential-scope.js'
import type { Registry } from '../../registry/registry.js'

/** A request whose query is missing something or says something impossible: answered with 400 and the message. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery'
}

/** The parameters of a request's query. Each is checked as it is read; an empty one counts as absent. */
export interface AdminQuery {
  /** Throws BadQuery if the parameter occurs twice. */
  text(name: string): string | undefined
  /** A whole number within the bounds; `absent` if it is not there. Throws BadQuery. */
  count(name: string, bounds: { readonly min: number; readonly max: number; readonly absent: number }): number
  /** `account` and `region`, either of which may be absent. Throws BadQuery if one is none. */
  filter(): Partial<Registry>
  /** The same, both of which must be there. */
  registry(): Registry
}

const ACCOUNT = /^\d{12}$/

/** Reads the query of a URL below `/_admin`. */
export function queryOf(url: string): AdminQuery {
  const parameters = new URL(url, 'http://localhost').searchParams

  function text(name: string): string | undefined {
    const [value, ...others] = parameters.getAll(name)
    if (others.length > 0) throw new BadQuery(`${name} must be given once`)
    return value === '' ? undefined : value
  }

  function filter(): Partial<Registry> {
    const [account, region] = [text('account'), text('region')]
    if (account !== undefined && !ACCOUNT.test(account)) throw mustBe('account', ACCOUNT_IS, account)
    if (region !== undefined && !isRegion(region)) throw mustBe('region', REGION_IS, region)
    return { ...(account !== undefined && { account }), ...(region !== undefined && { region }) }
  }

  return {
    text,
    filter,
    registry() {
      const { account, region } = filter()
      if (account === undefined) throw mustBe('account', ACCOUNT_IS)
      if (region === undefined) throw mustBe('region', REGION_IS)
      return { account, region }
    },
    count(name, { min, max, absent }) {
      const value = text(name)
      if (value === undefined) return absent
      const count = /^\d{1,9}$/.test(value) ? Number(value) : NaN
      if (!(count >= min && count <= max)) throw mustBe(name, `a whole number from ${min} to ${max}`, value)
      return count
    },
  }
}

const ACCOUNT_IS = 'an account id of 12 digits, such as 123456789012'
const REGION_IS = 'a Region, such as us-east-1'

/** The refusal of a parameter. It repeats at most the beginning of what was sent. */
export const mustBe = (name: string, what: string, value?: string) =>
  new BadQuery(`${name} must be ${what}; got ${value === undefined ? 'none' : JSON.stringify(value.slice(0, 100))}`)
