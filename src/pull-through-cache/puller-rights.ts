import { type AccessRequest, type Authorize, isAllowed } from '../access/authorize.js'
import type { PullRequest } from '../registry/ports/importer.js'
import { repositoryArn } from '../registry/registry.js'

/**
 * Whether the principal that pulls may also perform this action on the repository. If it may not, the import is skipped
 * and the pull is not refused.
 */
export function isPullerAllowed(
  { principal, registry, repository, request }: PullRequest,
  action: AccessRequest['action'],
  authorize: Authorize,
): Promise<boolean> {
  const resources = [repositoryArn(registry, repository)]
  return isAllowed(authorize, { principal, action, resources, registry, request })
}
