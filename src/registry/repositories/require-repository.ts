import { repositoryNotFound } from '../errors.js'
import type { Records } from '../ports/store.js'
import type { Registry } from '../registry.js'
import type { Repository } from './repository.js'

/**
 * What was read of a repository, read together with the repository itself: one that is not there is refused before anything
 * else is. Throws RepositoryNotFound, and what reading throws.
 */
export async function inRepository<R>(
  records: Pick<Records, 'repositories'>,
  registry: Registry,
  name: string,
  reading: () => Promise<R>,
): Promise<R> {
  const [repository, read] = await Promise.allSettled([requireRepository(records, registry, name), reading()])
  if (repository.status === 'rejected') throw repository.reason
  if (read.status === 'rejected') throw read.reason
  return read.value
}

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
