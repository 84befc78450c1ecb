import { conditionsOfTags } from '../access/creation-role-check.js'
import { type AccessRequest, type Conditions, type Authorize, isAllowed } from '../access/authorize.js'
import { templateForRepository } from '../registry/creation-templates/template-for-repository.js'
import type { PullRequest } from '../registry/ports/importer.js'
import type { Store } from '../registry/ports/store.js'
import { repositoryArn } from '../registry/registry.js'

/**
 * Whether the principal that pulls may also perform this action on the repository. If it may not, the import is skipped
 * and the pull is not refused.
 */
export function isPullerAllowed(
  { principal, registry, repository, request }: PullRequest,
  action: AccessRequest['action'],
  authorize: Authorize,
  conditions: Conditions = {},
): Promise<boolean> {
  const resources = [repositoryArn(registry, repository)]
  return isAllowed(authorize, { principal, action, resources, registry, request, conditions })
}

/**
 * Whether the principal that pulls may have the repository created: with ecr:CreateRepository, and with ecr:TagResource
 * if the creation template has resource tags.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
export async function mayCreateRepository(
  pull: PullRequest,
  { store, authorize }: { readonly store: Store; readonly authorize: Authorize },
): Promise<boolean> {
  const template = await templateForRepository(store, pull.registry, pull.repository, 'PULL_THROUGH_CACHE')
  const { resourceTags = [] } = template ?? {}
  const conditions = conditionsOfTags(resourceTags)
  const mayCreate = await isPullerAllowed(pull, 'ecr:CreateRepository', authorize, conditions)
  return mayCreate && (resourceTags.length === 0 || isPullerAllowed(pull, 'ecr:TagResource', authorize, conditions))
}
