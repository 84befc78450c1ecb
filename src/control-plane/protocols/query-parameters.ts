import { ServiceException } from '../../registry/errors.js'
import { parseQuery } from '../../sigv4/query.js'
import { shape } from '../../smithy/model.js'
import type { ReceivedRequest } from '../received-request.js'

/** An input as the flat parameters of the query protocol, which writes lists and structures as `Tags.member.1.Key`. */
export type Parameters = ReadonlyMap<string, string>

/**
 * The parameters in the URL and in the body of a request. They are parsed by the parser that verifies the signature, so
 * that the operation that is run is the one that was signed. Throws MalformedInput for more parameters than any call
 * needs, and for a parameter that is sent twice, since another parser might use the other value.
 */
export function readParameters(request: ReceivedRequest): Parameters {
  const bytes = request.body
  if (bytes.length > MAX_BYTES) throw malformedInput(`The body exceeds ${MAX_BYTES} bytes.`)
  const body = bytes.toString('latin1')
  if (body.split('&', MAX_PARAMETERS + 1).length > MAX_PARAMETERS)
    throw malformedInput(`There are more than ${MAX_PARAMETERS} parameters.`)
  const pairs = [...parseQuery(request.path), ...parseQuery(`?${body}`)]
  return withoutRepetition(pairs.map(([name, value]) => [asText(name), asText(value)]))
}

/** Ten policies and fifty tags of full length, with every byte escaped, take only a fraction of this. */
const MAX_BYTES = 1024 * 1024
const MAX_PARAMETERS = 1000

/** Decodes UTF-8, which the parser does not, because signatures cover bytes. */
const asText = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8')

function withoutRepetition(pairs: readonly (readonly [name: string, value: string])[]): Parameters {
  const parameters = new Map<string, string>()
  for (const [name, value] of pairs) {
    if (parameters.has(name))
      throw malformedInput(`The parameter ${name.slice(0, MAX_QUOTED_NAME)} is given more than once.`)
    parameters.set(name, value)
  }
  return parameters
}

/** Names are short, but a client may send any text in their place. */
const MAX_QUOTED_NAME = 128

const malformedInput = (message: string) => new ServiceException('MalformedInput', message)

/** The parameters for a JSON input. Throws MalformedInput for two members that have the same name in this protocol. */
export const parametersOf = (input: object): Parameters => withoutRepetition(flat('', input))

function flat(name: string, value: unknown): [name: string, value: string][] {
  if (value === null || value === undefined) return []
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return [[name, String(value)]]
  if (Array.isArray(value)) return value.flatMap((item, index) => flat(`${name}.member.${index + 1}`, item))
  return Object.entries(value).flatMap(([key, member]) => flat(name === '' ? key : `${name}.${key}`, member))
}

/**
 * The value that parameters hold under this name for a shape of the model; undefined if they hold none. Numbers that
 * cannot be parsed remain strings, which validation refuses.
 */
export function valueOf(shapeId: string, parameters: Parameters, name = ''): unknown {
  const { type, members = {}, member } = shape(shapeId)
  if (type === 'structure') {
    const values = Object.entries(members).map(([key, { target }]): [string, unknown] => [
      key,
      valueOf(target, parameters, name === '' ? key : `${name}.${key}`),
    ])
    return Object.fromEntries(values.filter(([, value]) => value !== undefined))
  }
  if (type === 'list' && member) {
    const items = itemNames(parameters, name).map((item) => valueOf(member.target, parameters, item))
    return items.length > 0 ? items : undefined
  }
  const text = parameters.get(name)
  return type === 'integer' && text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : text
}

/** The names of a list's items, in the order of their numbers. */
function itemNames(parameters: Parameters, name: string): string[] {
  const prefix = `${name}.member.`
  const numbers = [...parameters.keys()].flatMap((key) => {
    const number = key.startsWith(prefix) ? key.slice(prefix.length).split('.', 1)[0] : undefined
    return number !== undefined && /^\d{1,9}$/.test(number) ? [Number(number)] : []
  })
  return [...new Set(numbers)].sort((a, b) => a - b).map((number) => `${prefix}${number}`)
}
