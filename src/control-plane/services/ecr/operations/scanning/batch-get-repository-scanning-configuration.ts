import type { RepositoryScanningConfiguration } from '@aws-sdk/client-ecr'
import { repositoryArn } from '../../../../../registry/registry.js'
import type { Repository } from '../../../../../registry/repositories/repository.js'
import { readScanningConfiguration, scanningOf } from '../../../../../registry/scanning/scanning-configuration.js'
import type { Operation } from '../../operation.js'
import { namedRepositories } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetRepositoryScanningConfiguration.html
 *
 * @exact The frequency that follows from the registry's filters, which match as documented, and from the repository's
 *   own setting; continuous scanning overrides scan on push. Repositories that do not exist are failures.
 * @inferred `scanOnPush` is true for every repository that is not scanned manually. `appliedScanFilters` are all
 *   matching filters of the rule that applies. A name that is given twice is answered once.
 */
export const batchGetRepositoryScanningConfiguration: Operation<'BatchGetRepositoryScanningConfiguration'> = {
  resources: namedRepositories,

  async run({ repositoryNames }, { registry, store }) {
    const names = [...new Set(repositoryNames)]
    const [configuration, repositories] = await Promise.all([
      readScanningConfiguration(store, registry),
      Promise.all(names.map(async (name) => store.repositories.get(registry, name))),
    ])
    const shapeOf = (repository: Repository): RepositoryScanningConfiguration => {
      const { scanFrequency, appliedScanFilters } = scanningOf(configuration, repository)
      return {
        repositoryArn: repositoryArn(registry, repository.name),
        repositoryName: repository.name,
        scanOnPush: scanFrequency !== 'MANUAL',
        scanFrequency,
        appliedScanFilters: [...appliedScanFilters],
      }
    }
    return {
      scanningConfigurations: repositories.flatMap((repository) => (repository ? [shapeOf(repository)] : [])),
      failures: names.filter((_, index) => !repositories[index]).map(notFound),
    }
  },
}

const notFound = (repositoryName: string) => ({
  repositoryName,
  failureCode: 'REPOSITORY_NOT_FOUND' as const,
  failureReason: 'REPOSITORY_NOT_FOUND',
})
