import { LRUCache } from 'lru-cache'
import { parsePolicy } from '../iam/parse.js'
import type { AttachedPolicy, Policy } from '../iam/policy.js'

/** A registry policy, whole and reduced to its denials. */
export interface RegistryPolicy {
  readonly all: AttachedPolicy
  /** Its Deny statements alone, for actions that a registry policy cannot allow. */
  readonly denials: AttachedPolicy
}

/** Parses the policies that arrive as texts with every request, from the store and from session tokens. */
export interface PolicyParser {
  readonly session: (text: string) => AttachedPolicy
  readonly repository: (text: string) => AttachedPolicy
  readonly registry: (text: string) => RegistryPolicy
}

const CACHED_TEXTS = 1000

/** A parser that remembers the latest texts of each policy type, so that a policy is not parsed with every request. */
export const cachingPolicyParser = (): PolicyParser => ({
  session: cached(parseSessionPolicy),
  repository: cached(parseRepositoryPolicy),
  registry: cached(parseRegistryPolicy),
})

function cached<T extends object>(parse: (text: string) => T): (text: string) => T {
  const cache = new LRUCache<string, T>({ max: CACHED_TEXTS })
  return (text) => {
    const hit = cache.get(text)
    if (hit) return hit
    const policy = parse(text)
    cache.set(text, policy)
    return policy
  }
}

/** A session policy, which the caller's credentials carry. Throws PolicyError, or SyntaxError for invalid JSON. */
export const parseSessionPolicy = (text: string): AttachedPolicy => ({
  name: 'session policy',
  policy: parsePolicy(JSON.parse(text), 'identity'),
})

/** A repository policy. Throws PolicyError, or SyntaxError for invalid JSON. */
export const parseRepositoryPolicy = (text: string): AttachedPolicy => ({
  name: 'repository policy',
  policy: parsePolicy(JSON.parse(text), 'resource'),
})

/**
 * A registry policy: a policy document or, as in the user guide's own example, one bare statement, which stands for a
 * document with this statement alone. Throws PolicyError, or SyntaxError for invalid JSON.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions-create.html
 */
export function parseRegistryPolicy(text: string): RegistryPolicy {
  const policy = parsePolicy(asDocument(JSON.parse(text)), 'resource')
  return {
    all: { name: 'registry policy', policy },
    denials: { name: 'registry policy (for this action only its denials count)', policy: denialsOf(policy) },
  }
}

const asDocument = (json: unknown): unknown =>
  typeof json === 'object' && json !== null && 'Effect' in json ? { Statement: [json] } : json

const denialsOf = (policy: Policy): Policy => ({
  ...policy,
  statements: policy.statements.filter(({ effect }) => effect === 'Deny'),
})
