import { parsePolicy } from '../iam/parse.js'
import { PolicyError } from '../iam/policy-error.js'
import type { AttachedPolicy, PolicyKind } from '../iam/policy.js'
import { AccountsError } from './accounts-error.js'
import type { ConfiguredIdentity, ConfiguredPolicy } from './credentials.js'
import { managedPolicies, managedPolicy } from './managed-policies.js'

/** The compiled policies of a user or role. */
export interface CompiledIdentity {
  readonly identity: readonly AttachedPolicy[]
  readonly boundary?: readonly AttachedPolicy[]
  readonly tags: Readonly<Record<string, string>>
}

/** Compiles the policies of a user or role; `owner` is its name in explanations. Throws AccountsError. */
export function compileIdentity(configured: ConfiguredIdentity, owner: string, path: string): CompiledIdentity {
  const { policies = [], permissionsBoundary: boundary, tags = {} } = configured
  const identity = policies.map((policy, index) =>
    compileOwnPolicy(policy, `inline policy ${index + 1} of ${owner}`, `${path}/policies/${index}`),
  )
  if (boundary === undefined) return { identity, tags }
  const name = `permissions boundary of ${owner}`
  return { identity, boundary: [compileOwnPolicy(boundary, name, `${path}/permissionsBoundary`)], tags }
}

/** Compiles a policy document of the configuration. Throws AccountsError with the full path of the fault. */
export function compileDocument(document: object, kind: PolicyKind, name: string, path: string): AttachedPolicy {
  try {
    return { name, policy: parsePolicy(document, kind) }
  } catch (error) {
    if (error instanceof PolicyError) throw new AccountsError(`${path}${error.path}`, error.message)
    throw error
  }
}

/**
 * Resolves the name of a managed policy. An unknown name is not repeated in the error, since it may be a secret put in
 * the wrong place.
 */
function compileOwnPolicy(configured: ConfiguredPolicy, name: string, path: string): AttachedPolicy {
  if (typeof configured !== 'string') return compileDocument(configured, 'identity', name, path)
  const managed = managedPolicy(configured)
  if (managed) return { name: managed.name, policy: managed.policy }
  const names = Object.values(managedPolicies).map(({ name }) => name)
  throw new AccountsError(path, `must be a policy document or one of the managed policies ${names.join(', ')}`)
}
