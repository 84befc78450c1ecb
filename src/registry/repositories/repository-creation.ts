import { limitExceeded } from '../errors.js'
import type { Store } from '../ports/store.js'
import type { Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import type { Repository } from './repository.js'

/**
 * Makes a repository, asked for by the API or by a first pull; false, changing nothing, where there is one of this name.
 * Throws LimitExceeded where the registry is full.
 */
export const createRepository = (
  store: Store,
  registry: Registry,
  repository: Repository,
  quotas: Pick<Quotas, 'repositories'>,
): Promise<boolean> =>
  store.transact(registry, async ({ repositories }) => {
    const [before, hasRoom] = await Promise.all([
      repositories.get(registry, repository.name),
      repositories.holdsFewerThan(registry, quotas.repositories),
    ])
    if (before) return false
    if (!hasRoom) throw limitExceeded()
    await repositories.put(registry, repository.name, repository)
    return true
  })
