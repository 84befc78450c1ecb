import { ServiceException } from '../registry/errors.js'
import type { Principal } from '../registry/principal.js'
import type { Registry } from '../registry/registry.js'
import type { RequestContext } from '../registry/request-context.js'
import type { StoredPolicies } from './stored-policies.js'

/** An action as policies name it. */
export type Action = `ecr:${string}` | `ecr-public:${string}` | `sts:${string}` | `iam:${string}`

/** May this principal perform this action on these resources of this registry? */
export interface AccessRequest {
  readonly principal: Principal
  readonly action: Action
  readonly resources: readonly string[]
  readonly registry: Registry
  readonly request: RequestContext
  /** Condition keys only this action has: request tags, `iam:PassedToService`. */
  readonly conditions?: Conditions
  /** What the registry stores about it, where that was read already. */
  readonly policies?: StoredPolicies | undefined
}

/** Values of condition keys by key, in any case. */
export type Conditions = Readonly<Record<string, string | readonly string[]>>

/** Returns if the request is allowed, or throws AccessDeniedException. Called on every request of both planes. */
export type Authorize = (request: AccessRequest) => Promise<void>

/**
 * Whether a request is allowed, for cases with an alternative: a mount that becomes an upload, a refresh that is
 * skipped.
 */
export async function isAllowed(authorize: Authorize, request: AccessRequest): Promise<boolean> {
  try {
    await authorize(request)
    return true
  } catch (error) {
    if (error instanceof ServiceException && error.code === 'AccessDeniedException') return false
    throw error
  }
}
