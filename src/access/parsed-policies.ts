import { LRUCache } from 'lru-cache'
import { parsePolicy } from '../iam/parse.js'
import type { AttachedPolicy, Policy } from '../iam/policy.js'

/** A registry policy in the two ways it is asked. */
export interface RegistryPolicy {
  readonly all: AttachedPolicy
  /** Its Deny statements alone, for actions it cannot grant. */
  readonly denials: AttachedPolicy
}

const REMEMBERED_TEXTS = 1000

/** Policies come from the store and from tokens as texts, with every request: each text is parsed once. */
function remembering<T extends object>(parse: (text: string) => T): (text: string) => T {
  const known = new LRUCache<string, T>({ max: REMEMBERED_TEXTS })
  return (text) => {
    const before = known.get(text)
    if (before) return before
    const parsed = parse(text)
    known.set(text, parsed)
    return parsed
  }
}

/** A session policy, which the caller's credentials carry. Throws PolicyError, or SyntaxError for what is no JSON. */
export const sessionPolicy = remembering((text): AttachedPolicy => ({
  name: 'session policy',
  policy: parsePolicy(JSON.parse(text), 'identity'),
}))

/** A repository policy. Throws PolicyError, or SyntaxError for what is no JSON. */
export const repositoryPolicy = remembering((text): AttachedPolicy => ({
  name: 'repository policy',
  policy: parsePolicy(JSON.parse(text), 'resource'),
}))

/**
 * A registry policy: a document or, as in the user guide's own example, one bare statement, which stands for the
 * document with this statement alone. Throws PolicyError, or SyntaxError for what is no JSON.
 */
export const registryPolicy = remembering((text): RegistryPolicy => {
  const policy = parsePolicy(asDocument(JSON.parse(text)), 'resource')
  return {
    all: { name: 'registry policy', policy },
    denials: { name: 'registry policy (for this action only its denials count)', policy: denialsOf(policy) },
  }
})

const asDocument = (json: unknown): unknown =>
  typeof json === 'object' && json !== null && 'Effect' in json ? { Statement: [json] } : json

const denialsOf = (policy: Policy): Policy => ({
  ...policy,
  statements: policy.statements.filter(({ effect }) => effect === 'Deny'),
})
