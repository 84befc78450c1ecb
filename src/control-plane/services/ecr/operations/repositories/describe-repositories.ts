import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { pageOf, refusePagingWith, tokenOf } from '../../paging.js'
import { namedRepositories } from '../../operation-resources.js'
import { repositoryShape } from '../../shapes/repository-shape.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
 *
 * @exact Every repository or those named, in pages; the message for a name that does not exist.
 * @inferred The order is that of the names; the texts about an invalid token and about names combined with paging are
 *   ours.
 */
export const describeRepositories: Operation<'DescribeRepositories'> = {
  resources: namedRepositories,

  async run(input, context) {
    const { store, registry } = context
    refusePagingWith('repositoryNames', input.repositoryNames, input)
    if (input.repositoryNames) {
      const repositories = await Promise.all(
        input.repositoryNames.map((name) => requireRepository(store, registry, name)),
      )
      return { repositories: repositories.map((repository) => repositoryShape(repository, context)) }
    }
    const page = await store.repositories.list(registry, pageOf('DescribeRepositories', input))
    return { repositories: page.items.map((repository) => repositoryShape(repository, context)), ...tokenOf(page) }
  },
}
