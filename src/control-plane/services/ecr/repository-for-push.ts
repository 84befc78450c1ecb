import { isThere } from '../../../access/policies-for-push.js'
import { repositoryArn } from '../../../registry/registry.js'
import { createOnPush } from '../../../registry/repositories/create-on-push.js'
import type { Context } from '../context.js'

/** Makes sure that the repository of a push through the API exists. Throws what `createOnPush` throws. */
export function requireRepositoryForPush(repository: string, context: Context): Promise<void> {
  const target = context.policies?.targets.get(repositoryArn(context.registry, repository))
  return createOnPush({ ...context, repository, repositoryExists: target && isThere(target) }, context)
}
