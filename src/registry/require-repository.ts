import { repositoryNotFound } from './errors.js'
import type { Records } from './ports/store.js'
import type { Registry } from './registry.js'
import type { Repository } from './repository.js'

/** The repository of this name; most calls make no sense without it. Throws RepositoryNotFound. */
export async function requireRepository(
  records: Pick<Records, 'repositories'>,
  registry: Registry,
  name: string,
): Promise<Repository> {
  const repository = await records.repositories.get(registry, name)
  if (!repository) throw repositoryNotFound(name, registry.account)
  return repository
}
