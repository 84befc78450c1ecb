import { ServiceException } from '../registry/errors.js'
import type { Principal } from '../registry/principal.js'
import type { Registry } from '../registry/registry.js'
import type { RequestContext } from '../registry/request-context.js'

/** An action as policies name it. */
export type Action = `ecr:${string}` | `sts:${string}` | `iam:${string}`

/** One question to the policies: may this principal take this action on these resources of this registry? */
export interface AccessRequest {
  readonly principal: Principal
  readonly action: Action
  readonly resources: readonly string[]
  readonly registry: Registry
  readonly request: RequestContext
  /** Condition keys only this action has: request tags, `iam:PassedToService`. */
  readonly conditions?: Conditions
}

/** Values of condition keys by key, in any case. */
export type Conditions = Readonly<Record<string, string | readonly string[]>>

/** Answers by returning, or throws AccessDeniedException. Called on every request of both planes. */
export type Authorize = (request: AccessRequest) => Promise<void>

/** The same question where a no is not the end: a mount that becomes an upload, a refresh that is left out. */
export async function isAllowed(authorize: Authorize, request: AccessRequest): Promise<boolean> {
  try {
    await authorize(request)
    return true
  } catch (error) {
    if (error instanceof ServiceException && error.code === 'AccessDeniedException') return false
    throw error
  }
}
