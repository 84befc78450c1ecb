import type { OperationName } from '../control-plane/services/ecr/operation.js'
import type { Members } from '../control-plane/services/service.js'
import type { ImageId } from '../registry/images/image.js'
import type { Registry } from '../registry/registry.js'
import { inputOf, shape } from '../smithy/model.js'
import type { Change, SeedKind } from './seed-kinds.js'

/** One entry of a seed. */
export interface Entry {
  readonly registry: Registry
  /** A JSON pointer to it in the configuration. */
  readonly path: string
  /** What reports call it; unique in its registry, and the key of its record. */
  readonly title: string
  /** Different for every other content of the entry. */
  readonly digest: string
}

/** An entry that operations of the API put in place. */
export interface Declaration extends Entry {
  readonly kind: SeedKind
  /** Empty for a kind without names. */
  readonly name: string
  /** The input of the API, with policies as texts. */
  readonly input: Members
}

/** An image that is imported through a cache rule. */
export interface DeclaredImage extends Entry {
  readonly repositoryName: string
  readonly imageId: ImageId
}

/** A call of the API that an entry needs. */
export interface SeedCall {
  readonly operation: OperationName
  readonly input: Members
}

/** The calls that put a new entry in place: the creation, then what the creation does not take. */
export function creationCalls(declaration: Pick<Declaration, 'kind' | 'input' | 'registry'>): SeedCall[] {
  const { kind, input } = declaration
  const { members: taken = {} } = shape(inputOf(kind.create))
  const further = kind.changes.filter(({ members }) =>
    members.some((member) => input[member] !== undefined && !Object.hasOwn(taken, member)),
  )
  return [{ operation: kind.create, input }, ...further.map((change) => changeCall(change, declaration))]
}

/** The call of one change. An entry may have members that the operation does not: they are left out there. */
export const changeCall = (
  { operation, inputOf: inputFor }: Change,
  { input, registry }: Pick<Declaration, 'input' | 'registry'>,
): SeedCall => ({ operation, input: inputFor ? inputFor(input, registry) : input })
