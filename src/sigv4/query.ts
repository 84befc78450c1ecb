import { percentDecode, percentEncode } from './percent-encoding.js'

/**
 * Names and values in the order sent, decoded to bytes. Repeated and empty names are included, because they are signed.
 */
export type Query = readonly (readonly [name: string, value: string])[]

/** A parser of our own: Node's drops parameters after the thousandth and replaces bytes that are not UTF-8. */
export function parseQuery(path: string): Query {
  const start = path.indexOf('?')
  if (start < 0) return []
  return path
    .slice(start + 1)
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const equals = parameter.indexOf('=')
      return equals < 0
        ? [decode(parameter), '']
        : [decode(parameter.slice(0, equals)), decode(parameter.slice(equals + 1))]
    })
}

/** The canonical query: encoded, then sorted by name and value, as AWS orders it. */
export function canonicalQuery(query: Query): string {
  if (query.length === 0) return ''
  return query
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => order(name, otherName) || order(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

const decode = (text: string) => percentDecode(text.replaceAll('+', ' '))
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
