import { percentDecode, percentEncode } from './percent-encoding.js'

/** Names and values in the order they were sent, decoded to bytes; repeated and empty names are kept, because they are signed. */
export type Query = readonly (readonly [name: string, value: string])[]

/** Our own parser, because node's drops what comes after a thousand parameters and merges bytes that are not UTF-8. */
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

/** Encoded first and sorted afterwards, by name and then by value, as AWS orders it. */
export function canonicalQuery(query: Query): string {
  return query
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => order(name, otherName) || order(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

const decode = (text: string) => percentDecode(text.replaceAll('+', ' '))
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
