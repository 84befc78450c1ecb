import { repositoryNotFound } from '../errors.js'
import type { Awaitable } from '../ports/awaitable.js'
import type { Records } from '../ports/store.js'
import type { Registry } from '../registry.js'
import type { Repository } from './repository.js'

/**
 * Runs `read`, which reads records of a repository, and reads the repository itself at the same time. If the repository
 * does not exist, that is the error thrown, even if `read` fails too. Throws RepositoryNotFound, and what `read`
 * throws.
 */
export async function readInRepository<R>(
  records: Pick<Records, 'repositories'>,
  registry: Registry,
  name: string,
  read: () => Awaitable<R>,
): Promise<R> {
  const reading = async () => read()
  const [repository, result] = await Promise.allSettled([requireRepository(records, registry, name), reading()])
  if (repository.status === 'rejected') throw repository.reason
  if (result.status === 'rejected') throw result.reason
  return result.value
}

/** The repository of this name, which most operations need. Throws RepositoryNotFound. */
export async function requireRepository(
  records: Pick<Records, 'repositories'>,
  registry: Registry,
  name: string,
): Promise<Repository> {
  const repository = await records.repositories.get(registry, name)
  if (!repository) throw repositoryNotFound(name, registry.account)
  return repository
}
