import { limitExceeded } from '../errors.js'
import type { Store } from '../ports/store.js'
import type { Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import { newRepository, type Repository } from './repository.js'

/**
 * Creates a repository, for the API and for the first pull through a cache rule. Returns false, changing nothing, if
 * the name is taken. Throws LimitExceeded if the registry has as many repositories as its quota allows.
 */
export const createRepository = (
  store: Store,
  registry: Registry,
  repository: Repository,
  quotas: Pick<Quotas, 'repositories'>,
): Promise<boolean> =>
  store.transact(registry, async ({ repositories }) => {
    const [existing, hasRoom] = await Promise.all([
      repositories.get(registry, repository.name),
      repositories.holdsFewerThan(registry, quotas.repositories),
    ])
    if (existing) return false
    if (!hasRoom) throw limitExceeded()
    await repositories.put(registry, repository.name, repository)
    return true
  })

/** Why ECR itself creates a repository, in the words of a creation template's `appliedFor`. */
export type CreationReason = 'PULL_THROUGH_CACHE' | 'REPLICATION' | 'CREATE_ON_PUSH'

/**
 * Creates a repository on behalf of ECR: for the first pull through a cache rule, or for an image that replication
 * brings. Returns false, changing nothing, if there is one. Throws LimitExceeded.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html
 */
export const createRepositoryByService = (
  store: Store,
  registry: Registry,
  name: string,
  { now }: { readonly reason: CreationReason; readonly now: Date },
  quotas: Pick<Quotas, 'repositories'>,
): Promise<boolean> => createRepository(store, registry, newRepository(name, now), quotas)
