import { isDeepStrictEqual } from 'node:util'
import type { Input, OperationName } from '../control-plane/services/ecr/operation.js'
import type { Members } from '../control-plane/services/service.js'
import type { Call } from './api-calls.js'
import { changeCall, creationCalls, type Declaration, type SeedCall } from './declaration.js'

/** What became of an entry. */
export type Outcome = 'created' | 'updated' | 'unchanged' | 'imported' | 'failed'

/** The outcome for one entry, with what was changed or why it failed. */
export interface Result {
  readonly outcome: Outcome
  readonly detail?: string
}

/** Calls on the registry, and on an empty one that is forgotten afterwards. */
export interface Calls {
  readonly call: Call
  readonly rehearsal: () => Call
}

/**
 * Brings one entry to its declared state. What exists is compared with what the same calls make of an empty registry,
 * so that the service's own defaults and normal forms count, and only members that the entry has. Nothing is removed.
 * Throws ServiceException with the service's refusal.
 */
export async function applyDeclaration(declaration: Declaration, { call, rehearsal }: Calls): Promise<Result> {
  const present = await read(declaration, call)
  if (!present) {
    await send(creationCalls(declaration), call)
    return { outcome: 'created' }
  }
  const rehearsed = rehearsal()
  await send(creationCalls(declaration), rehearsed)
  const declared = (await read(declaration, rehearsed)) ?? {}
  const differing = differingMembers(declaration, present, declared)
  if (differing.length === 0) return { outcome: 'unchanged' }
  const fixed = differing.filter((member) => !declaration.kind.changes.some(({ members }) => members.includes(member)))
  if (fixed.length > 0) return { outcome: 'failed', detail: cannotChange(fixed, present, declared) }
  const changes = declaration.kind.changes.filter(({ members }) => members.some((one) => differing.includes(one)))
  await send(
    changes.map((change) => changeCall(change, declaration)),
    call,
  )
  // A configuration that is one member is named by its title.
  return { outcome: 'updated', ...(!declaration.kind.inputOf && { detail: differing.join(', ') }) }
}

const read = async ({ kind, name, registry }: Declaration, call: Call) =>
  (await kind.read(call, name, registry)) as Members | undefined

async function send(calls: readonly SeedCall[], call: Call): Promise<void> {
  for (const { operation, input } of calls) await call(operation, input as Input<OperationName>)
}

function differingMembers({ kind, input }: Declaration, present: Members, declared: Members): string[] {
  return Object.keys(input).filter((member) => {
    if (member === kind.nameMember) return false
    const change = kind.changes.find(({ members }) => members.includes(member))
    const contains = change?.contains ?? isDeepStrictEqual
    return !contains(comparable(present[member]), comparable(declared[member]))
  })
}

/** Absent members and the spaces in a policy make no difference. */
function comparable(value: unknown): unknown {
  if (value === undefined) return undefined
  return JSON.parse(isJsonObject(value) ? value : JSON.stringify(value)) as unknown
}

function isJsonObject(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\s*\{/.test(value)) return false
  try {
    return typeof JSON.parse(value) === 'object'
  } catch {
    return false
  }
}

/** The API has no call for it, and deleting what exists is for the user to decide. */
function cannotChange(members: readonly string[], present: Members, declared: Members): string {
  const differences = members.map(
    (member) => `${member} is ${JSON.stringify(present[member])}, not ${JSON.stringify(declared[member])}`,
  )
  return `${differences.join('; ')}: that cannot be changed, only deleted and created again`
}
