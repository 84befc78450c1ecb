import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { pageOf, refuseTokenWith, tokenOf } from '../../paging.js'
import { namedRepositories } from '../../operation-resources.js'
import { repositoryShape } from '../../shapes/repository-shape.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html */
export const describeRepositories: Operation<'DescribeRepositories'> = {
  resources: namedRepositories,

  async run(input, context) {
    const { store, registry } = context
    refuseTokenWith('repositoryNames', input.repositoryNames, input)
    if (input.repositoryNames) {
      const named = await Promise.all(input.repositoryNames.map((name) => requireRepository(store, registry, name)))
      return { repositories: named.map((repository) => repositoryShape(repository, context)) }
    }
    const page = await store.repositories.list(registry, pageOf('DescribeRepositories', input))
    return { repositories: page.items.map((repository) => repositoryShape(repository, context)), ...tokenOf(page) }
  },
}
