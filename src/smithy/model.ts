import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** A Smithy 2.0 shape, as far as we read it: https://smithy.io/2.0/spec/json-ast.html */
export interface Shape {
  readonly type: string
  readonly traits?: Traits
  /** Of structures and enums. */
  readonly members?: Readonly<Record<string, Member>>
  /** Of lists. */
  readonly member?: Member
  /** Of maps. */
  readonly key?: Member
  readonly value?: Member
  /** Of operations. */
  readonly input?: Member
  readonly output?: Member
  readonly errors?: readonly Member[]
  /** Of services. */
  readonly version?: string
  readonly operations?: readonly Member[]
}

/** A reference from one shape to another. */
export interface Member {
  readonly target: string
  readonly traits?: Traits
}

/** The traits we act on, by their shape id. */
export interface Traits {
  readonly 'smithy.api#required'?: object
  readonly 'smithy.api#length'?: Bounds
  readonly 'smithy.api#range'?: Bounds
  readonly 'smithy.api#pattern'?: string
  readonly 'smithy.api#enumValue'?: string
  readonly 'smithy.api#error'?: 'client' | 'server'
  readonly 'smithy.api#httpError'?: number
  readonly 'smithy.api#xmlNamespace'?: { readonly uri: string }
  readonly 'aws.auth#sigv4'?: { readonly name: string }
  readonly 'smithy.api#paginated'?: { readonly pageSize: string }
  readonly 'dev.ecrlocal#defaultPageSize'?: number
  readonly 'dev.ecrlocal#ours'?: object
}

/** The bounds of a length or a range; either may be open. */
interface Bounds {
  readonly min?: number
  readonly max?: number
}

const MODELS = modelsAbove(new URL('.', import.meta.url))
const PRELUDE = 'smithy.api#'

const shapes: ReadonlyMap<string, Shape> = new Map(
  readdirSync(MODELS)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => Object.entries(readShapes(new URL(file, MODELS)))),
)

/** The models lie in the package's own folder, however deep below it the bundle or this source file is. */
function modelsAbove(folder: URL): URL {
  const models = new URL('smithy-models/', folder)
  if (existsSync(models) || folder.pathname === '/') return models
  return modelsAbove(new URL('..', folder))
}

function readShapes(file: URL): Record<string, Shape> {
  const { shapes } = JSON.parse(readFileSync(file, 'utf8')) as { shapes: Record<string, Shape> }
  return shapes
}

const nameIn = (id: string) => id.slice(id.indexOf('#') + 1)

const services: ReadonlyMap<string | undefined, Shape> = new Map(
  [...shapes.values()]
    .filter(({ type }) => type === 'service')
    .map((service) => [service.traits?.['aws.auth#sigv4']?.name, service]),
)

/** The ids of all operations by their names, which no two services share. */
const operations: ReadonlyMap<string, string> = new Map(
  [...services.values()]
    .flatMap(({ operations = [] }) => operations)
    .map(({ target }): [string, string] => [nameIn(target), target]),
)

/** A service by the name that credential scopes have for it. */
export function serviceShape(name: string): Shape {
  const service = services.get(name)
  if (!service) throw new Error(`The Smithy model has no service ${name}`)
  return service
}

/** The operations of a service, ours included, sorted by name. */
export const operationNames = (service: string): readonly string[] =>
  (serviceShape(service).operations ?? []).map(({ target }) => nameIn(target)).sort()

/**
 * Whether one of the services has an operation of that name; false for names that every object has, such as
 * `constructor`.
 */
export const isOperation = (name: string): boolean => operations.has(name)

/** A shape by its absolute id. The shapes of Smithy's prelude are in no file: their name is their type. */
export function shape(id: string): Shape {
  const modelled = shapes.get(id)
  if (modelled) return modelled
  if (id.startsWith(PRELUDE)) return { type: id.slice(PRELUDE.length).toLowerCase() }
  throw new Error(`The Smithy model has no shape ${id}`)
}

/** The shape of an operation by its AWS name, which has no namespace. */
export function operationShape(name: string): Shape {
  const id = operations.get(name)
  if (id === undefined) throw new Error(`The Smithy model has no operation ${name}`)
  return shape(id)
}

/** The id of the shape that an operation takes as its input. */
export function inputOf(operation: string): string {
  const { input } = operationShape(operation)
  if (!input) throw new Error(`The Smithy model gives ${operation} no input`)
  return input.target
}

/** The default and the largest number of results in a page; undefined for an operation without pages. */
export function paginationOf(operation: string): { defaultPageSize: number; maxPageSize: number } | undefined {
  const { 'smithy.api#paginated': paginated, 'dev.ecrlocal#defaultPageSize': defaultPageSize } =
    operationShape(operation).traits ?? {}
  const maxResults = paginated && shape(inputOf(operation)).members?.[paginated.pageSize]
  const maxPageSize = maxResults && shape(maxResults.target).traits?.['smithy.api#range']?.max
  return defaultPageSize === undefined || maxPageSize === undefined ? undefined : { defaultPageSize, maxPageSize }
}
