import { accessDenied, ServiceException } from '../registry/errors.js'
import type { Registry } from '../registry/registry.js'
import type { Principal } from '../registry/principal.js'

/** One question to the policies: may this principal take this action on these resources of this registry? */
export interface AccessRequest {
  readonly principal: Principal
  readonly action: `ecr:${string}` | `sts:${string}`
  readonly resources: readonly string[]
  readonly registry: Registry
}

/** Answers by returning, or throws AccessDeniedException. Called on every request of both planes. */
export type Authorize = (request: AccessRequest) => Promise<void>

/**
 * The registry's own account may do everything in it, nobody else anything: identity, repository and registry policies
 * are not evaluated yet.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/security_iam_service-with-iam.html
 */
export const ownAccountOnly: Authorize = async ({ principal, action, resources, registry }) => {
  if (principal.account === registry.account) return
  const reason = `because no resource-based policy allows the ${action} action`
  throw accessDenied(principal.arn, action, resources[0] ?? '*', reason)
}

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
