import type { AccessRequest, Action } from '../access/authorize.js'
import type { StoredPolicies } from '../access/stored-policies.js'
import { repositoryArn } from '../registry/registry.js'
import type { Call, DataPlaneDeps } from './call.js'

/** The parts of a call that its permissions depend on. */
export type Permitted = Pick<Call, 'principal' | 'registry' | 'repository' | 'request'>

/**
 * The permission that a request needs: for an action on its repository, or on every repository where it names none.
 * `docker login` needs it in the caller's own account, whatever registry the token is for.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
export function permissionFor(
  action: Action,
  { principal, registry, repository, request }: Permitted,
  policies?: StoredPolicies,
): AccessRequest {
  if (action === 'ecr:GetAuthorizationToken') {
    return {
      principal,
      action,
      resources: ['*'],
      registry: { ...registry, account: principal.account },
      request,
      policies,
    }
  }
  return { principal, action, resources: [repositoryArn(registry, repository || '*')], registry, request, policies }
}

/** Authorizes further actions of a request in addition to the one of its route. Throws AccessDeniedException. */
export async function requirePermissions(
  actions: readonly Action[],
  call: Permitted,
  { authorize }: Pick<DataPlaneDeps, 'authorize'>,
): Promise<void> {
  for (const action of actions) await authorize(permissionFor(action, call))
}
