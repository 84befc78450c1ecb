import type { CheckCreationRole, CreationRoleUse } from '../creation-templates/creation-role.js'
import { type Log, logWithRequestId } from '../ports/log.js'
import type { Store } from '../ports/store.js'
import type { Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import type { RequestContext } from '../request-context.js'
import { createRepositoryByService } from './repository-creation.js'

/** A request that pushes something, and the repository that it needs. */
interface Push {
  readonly registry: Registry
  readonly repository: string
  /** Whether the repository was there when the caller was authorized; undefined if it was not looked for. */
  readonly repositoryExists: boolean | undefined
  readonly request: RequestContext
  readonly now: Date
}

/** What creating a repository for a push needs. */
interface CreateOnPushDeps {
  readonly store: Store
  readonly quotas: Pick<Quotas, 'repositories'>
  readonly log: Log
  readonly checkCreationRole: CheckCreationRole
}

/**
 * Makes sure that the repository of a push exists, for both planes: a creation template may have it created. The caller
 * needs no permission but the one to push. Throws RepositoryNotFound if no template covers the name, or if it cannot be
 * applied, and LimitExceeded.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html
 */
export async function createOnPush(
  { registry, repository, repositoryExists, request, now }: Push,
  { store, quotas, log, checkCreationRole }: CreateOnPushDeps,
): Promise<void> {
  if (repositoryExists ?? (await store.repositories.get(registry, repository)) !== undefined) return
  const checkRole = (use: CreationRoleUse) => checkCreationRole(use, request)
  const requestLog = logWithRequestId(log, request.requestId)
  const creation = { reason: 'CREATE_ON_PUSH', now, checkRole, log: requestLog } as const
  await createRepositoryByService(store, registry, repository, creation, quotas)
}
