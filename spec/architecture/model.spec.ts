import * as ecr from '@aws-sdk/client-ecr'
import * as iam from '@aws-sdk/client-iam'
import * as sts from '@aws-sdk/client-sts'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { operationNames, operationShape, shape, type Shape } from '../../src/smithy/model.js'

/**
 * Every difference between the model and the SDK, and why it is accepted. A difference that disappears must be removed
 * here.
 */
const KNOWN: Record<string, string> = {
  'operation BatchImportUpstreamImage: not in the SDK': 'ours: the service has it only as a permission',
  'pagination of ListImageReferrers: not in the SDK': 'pages by its members and its documentation, without a paginator',
  'pagination of ListPullTimeUpdateExclusions: not in the SDK': 'the same',
}

type Sdk = Record<string, unknown>
/**
 * See packages/types/src/schema in https://github.com/smithy-lang/smithy-typescript: kind, namespace, name, traits, …
 */
type SdkSchema = readonly unknown[]

type ServiceName = 'ecr' | 'sts' | 'iam'
const sdks: Record<ServiceName, Sdk> = { ecr, sts, iam }
const MODEL_FILES = new URL('../../smithy-models/', import.meta.url)
const commandsOf = (service: ServiceName) =>
  new URL(
    '../dist-types/commands/',
    pathToFileURL(createRequire(import.meta.url).resolve(`@aws-sdk/client-${service}`)),
  )

const nameOf = (id: string) => id.slice(id.indexOf('#') + 1)
const isSchema = (value: unknown): value is SdkSchema => Array.isArray(value) && typeof value[0] === 'number'

const SDK_OPERATION = 9
const SDK_STRUCTURES = [3, -3]
const LIST = 64
const MAP = 128
const SDK_SIMPLE: Record<number, string> = { 0: 'string', 1: 'number', 2: 'boolean', 4: 'timestamp', 21: 'blob' }

/** Describes the target of a member in the SDK, in the same terms as `inModel`. */
function inSdk(reference: unknown): string {
  if (typeof reference === 'function') return inSdk((reference as () => unknown)())
  if (typeof reference === 'number') {
    if (reference & MAP) return `map of ${inSdk(reference & ~MAP)}`
    if (reference & LIST) return `list of ${inSdk(reference & ~LIST)}`
    return SDK_SIMPLE[reference] ?? `unknown ${reference}`
  }
  // A reference with traits of the member.
  if (Array.isArray(reference) && typeof reference[0] === 'function') return inSdk(reference[0])
  if (!isSchema(reference)) return `unknown ${JSON.stringify(reference)}`
  const [kind, , name, , target, value] = reference
  if (kind === 1) return `list ${String(name)} of ${inSdk(target)}`
  if (kind === 2) return `map of ${inSdk(value)}`
  return kind === 0 ? inSdk(target) : String(name)
}

const SIMPLE: Record<string, string> = { enum: 'string', integer: 'number', long: 'number', double: 'number' }

/** Describes the target of a member in the model. The SDK names only those lists that contain structures. */
function inModel(id: string): string {
  const { type, member, value } = shape(id)
  if (type === 'structure') return nameOf(id)
  if (type === 'map' && value) return `map of ${inModel(value.target)}`
  if (type !== 'list' || !member) return SIMPLE[type] ?? type
  const named = shape(member.target).type === 'structure' ? ` ${nameOf(id)}` : ''
  return `list${named} of ${inModel(member.target)}`
}

function sdkMembers([, , , , names, targets, required = 0]: SdkSchema): string[] {
  return (names as string[]).map(
    (name, at) => `${name}${at < Number(required) ? '*' : ''}: ${inSdk((targets as unknown[])[at])}`,
  )
}

const modelMembers = ({ members = {} }: Shape): string[] =>
  Object.entries(members).map(([name, { target, traits }]) => {
    return `${name}${traits?.['smithy.api#required'] ? '*' : ''}: ${inModel(target)}`
  })

const modelShapes = new Map(
  readdirSync(MODEL_FILES)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) =>
      Object.entries(
        (JSON.parse(readFileSync(new URL(file, MODEL_FILES), 'utf8')) as { shapes: Record<string, Shape> }).shapes,
      ),
    ),
)
const modelOf = (type: string, service: ServiceName = 'ecr') =>
  [...modelShapes].filter(([id, shape]) => id.startsWith(`com.amazonaws.${service}#`) && shape.type === type)

/** Lists the names that only one side has, and the facts on which both sides differ for the names they share. */
function compare(what: string, model: Map<string, string[]>, sdk: Map<string, string[]>): string[] {
  const names = [...new Set([...model.keys(), ...sdk.keys()])].sort()
  return names.flatMap((name) => {
    const [ours, theirs] = [model.get(name), sdk.get(name)]
    if (!theirs) return [`${what} ${name}: not in the SDK`]
    if (!ours) return [`${what} ${name}: not in the model`]
    return [
      ...ours.filter((fact) => !theirs.includes(fact)).map((fact) => `${what} ${name}: ${fact}: not in the SDK`),
      ...theirs.filter((fact) => !ours.includes(fact)).map((fact) => `${what} ${name}: ${fact}: not in the model`),
    ]
  })
}

const schemasOf = (sdk: Sdk, kinds: readonly number[]) =>
  Object.values(sdk).filter((value): value is SdkSchema => isSchema(value) && kinds.includes(Number(value[0])))

function compareOperations(sdk: Sdk, service: ServiceName): string[] {
  const theirs = schemasOf(sdk, [SDK_OPERATION]).map(([, , name, , input, output]): [string, string[]] => [
    String(name),
    [`input ${inSdk(input)}`, `output ${inSdk(output)}`],
  ])
  const ours = operationNames(service).map((name): [string, string[]] => {
    const { input, output } = operationShape(name)
    return [name, [`input ${nameOf(input!.target)}`, `output ${nameOf(output!.target)}`]]
  })
  return compare('operation', new Map(ours), new Map(theirs))
}

/** The base exception of the SDK is not a shape of the service, so it is filtered out by its namespace. */
function compareStructures(sdk: Sdk, service: ServiceName): string[] {
  const theirs = schemasOf(sdk, SDK_STRUCTURES)
    .filter(([, namespace]) => namespace === `com.amazonaws.${service}`)
    .map((schema): [string, string[]] => {
      const { error, httpError } = Object(schema[3]) as { error?: string; httpError?: number }
      return [String(schema[2]), [...sdkMembers(schema), `error ${error}, status ${httpError}`]]
    })
  const ours = modelOf('structure', service).map(([id, shape]): [string, string[]] => {
    const { 'smithy.api#error': error, 'smithy.api#httpError': httpError } = shape.traits ?? {}
    return [nameOf(id), [...modelMembers(shape), `error ${error}, status ${httpError}`]]
  })
  return compare('structure', new Map(ours), new Map(theirs))
}

function compareEnums(sdk: Sdk, service: ServiceName): string[] {
  const theirs = Object.entries(sdk)
    .filter((entry): entry is [string, Record<string, string>] => isEnum(entry[1]))
    .map(([name, values]): [string, string[]] => [name, Object.values(values)])
  const ours = modelOf('enum', service).map(([id, { members = {} }]): [string, string[]] => [
    nameOf(id),
    Object.values(members).map(({ traits }) => String(traits?.['smithy.api#enumValue'])),
  ])
  return compare('enum', new Map(ours), new Map(theirs))
}

const isEnum = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).length > 0 &&
  Object.values(value).every((each) => typeof each === 'string')

function comparePagination(sdk: Sdk, service: ServiceName): string[] {
  const theirs = Object.keys(sdk).flatMap((name): [string, string[]][] => {
    const operation = /^paginate(\w+)$/.exec(name)?.[1]
    return operation ? [[operation, []]] : []
  })
  const ours = operationNames(service)
    .filter((name) => operationShape(name).traits?.['smithy.api#paginated'])
    .map((name): [string, string[]] => [name, []])
  return compare('pagination of', new Map(ours), new Map(theirs))
}

const differences = (sdk: Sdk, service: ServiceName = 'ecr') => [
  ...compareOperations(sdk, service),
  ...compareStructures(sdk, service),
  ...compareEnums(sdk, service),
  ...comparePagination(sdk, service),
]

/** The models of STS and IAM contain only the operations served, so what they lack entirely is no difference. */
const differencesInWhatIsServed = (sdk: Sdk, service: ServiceName) =>
  differences(sdk, service).filter((difference) => !/^[\w ]+: not in the model$/.test(difference))

/** The errors of an operation appear only in the SDK's type declarations. */
function declaredErrors(operation: string, service: ServiceName = 'ecr'): string[] {
  const declaration = readFileSync(new URL(`${operation}Command.d.ts`, commandsOf(service)), 'utf8')
  return [...declaration.matchAll(/@throws \{@link (\w+)\}/g)]
    .map(([, name]) => name!)
    .filter((name) => name !== `${service.toUpperCase()}ServiceException`)
    .sort()
}

describe('The Smithy model', () => {
  it('The Smithy model agrees with the SDK except for the accepted differences', () => {
    expect(differences(ecr)).toEqual(Object.keys(KNOWN))
  })

  it('The Smithy model contains the operations, structures and enums to compare', () => {
    expect(operationNames('ecr')).toHaveLength(63)
    expect(modelOf('structure').length).toBeGreaterThan(200)
    expect(modelOf('enum').length).toBeGreaterThan(25)
  })

  const { Repository$, CreateRepositoryRequest$, ValidationException$, CreateRepository$, ...others } = ecr
  const rest = { ...others, Repository$, CreateRepositoryRequest$, ValidationException$, CreateRepository$ }
  const without = (key: string): Sdk => Object.fromEntries(Object.entries(rest).filter(([name]) => name !== key))
  const edited = (schema: SdkSchema, at: number, value: unknown) => schema.with(at, value)
  it.each<[string, Sdk, string]>([
    ['an operation missing in the SDK', without('CreateRepository$'), 'operation CreateRepository: not in the SDK'],
    ['a new operation', { ...rest, New$: [9, 'com.amazonaws.ecr', 'New', 0, 0, 0] }, 'operation New: not in the model'],
    [
      'another input',
      { ...rest, CreateRepository$: edited(CreateRepository$, 4, () => Repository$) },
      'operation CreateRepository: input Repository: not in the model',
    ],
    ['a structure missing in the SDK', without('Repository$'), 'structure Repository: not in the SDK'],
    [
      'a member of another name',
      { ...rest, Repository$: edited(Repository$, 4, Repository$[4].with(0, 'arn')) },
      'structure Repository: arn: string: not in the model',
    ],
    [
      'a member of another type',
      { ...rest, Repository$: edited(Repository$, 5, (Repository$[5] as unknown[]).with(0, 64)) },
      'structure Repository: repositoryArn: list of string: not in the model',
    ],
    [
      'a member no longer required',
      { ...rest, CreateRepositoryRequest$: edited(CreateRepositoryRequest$, 6, 0) },
      'structure CreateRepositoryRequest: repositoryName: string: not in the model',
    ],
    [
      'another status',
      { ...rest, ValidationException$: edited(ValidationException$, 3, { error: 'client', httpError: 422 }) },
      'structure ValidationException: error client, status 422: not in the model',
    ],
    [
      'a new enum value',
      { ...rest, TagStatus: { ...ecr.TagStatus, ODD: 'ODD' } },
      'enum TagStatus: ODD: not in the model',
    ],
    ['an enum missing in the SDK', without('TagStatus'), 'enum TagStatus: not in the SDK'],
    ['a new paginator', { ...rest, paginateNew: () => 0 }, 'pagination of New: not in the model'],
  ])('The comparison with the SDK reports %s', (_, sdk, difference) => {
    expect(differences(sdk)).toContain(difference)
  })

  it.each(operationNames('ecr').filter((name) => !operationShape(name).traits?.['dev.ecrlocal#ours']))(
    'The model declares the same errors as the SDK for %s',
    (name) => {
      expect(operationShape(name).errors?.map(({ target }) => nameOf(target))).toEqual(declaredErrors(name))
    },
  )

  it.each(['sts', 'iam'] as const)(
    'The model of %s agrees with the SDK on the operations that are served',
    (service) => {
      expect(operationNames(service).length).toBeGreaterThan(0)
      expect(differencesInWhatIsServed(sdks[service], service)).toEqual([])
    },
  )

  const served = (['sts', 'iam'] as const).flatMap((service) =>
    operationNames(service).map((name) => [name, service] as const),
  )
  it.each(served)('The model declares the errors that the SDK declares for %s of %s', (name, service) => {
    const errors = operationShape(name).errors ?? []
    expect(errors.map(({ target }) => nameOf(target))).toEqual(declaredErrors(name, service))
  })

  it.each<[string, Sdk, string]>([
    [
      'a new member of an input',
      { ...sts, AssumeRoleRequest$: sts.AssumeRoleRequest$.with(4, [...sts.AssumeRoleRequest$[4], 'New']) },
      'structure AssumeRoleRequest: New: unknown undefined: not in the model',
    ],
    [
      'a member no longer required',
      { ...sts, AssumeRoleRequest$: sts.AssumeRoleRequest$.with(6, 1) },
      'structure AssumeRoleRequest: RoleSessionName: string: not in the model',
    ],
  ])('The comparison of the STS model reports %s', (_, sdk, difference) => {
    expect(differencesInWhatIsServed(sdk, 'sts')).toContain(difference)
  })

  it('The Smithy model defines each shape once and every shape it refers to', () => {
    const files = readdirSync(MODEL_FILES).filter((file) => file.endsWith('.json'))
    const text = files.map((file) => readFileSync(new URL(file, MODEL_FILES), 'utf8')).join('')
    const ids = [...text.matchAll(/^ {4}"([\w.]+#\w+)": \{/gm)].map(([, id]) => id)
    const targets = [...text.matchAll(/"target": "([\w.]+#\w+)"/g)].map(([, id]) => id!)

    expect(ids).toHaveLength(modelShapes.size)
    expect(targets.filter((id) => !id.startsWith('smithy.api#') && !modelShapes.has(id))).toEqual([])
  })

  it('The Smithy model marks operations that only this emulator has', () => {
    const ours = operationNames('ecr').filter((name) => operationShape(name).traits?.['dev.ecrlocal#ours'])
    expect(ours).toEqual(['BatchImportUpstreamImage'])
  })
})
