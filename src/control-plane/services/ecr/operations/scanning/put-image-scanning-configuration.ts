import { repositoryNotFound } from '../../../../../registry/errors.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageScanningConfiguration.html
 *
 * @exact Scan on push is stored and shown by DescribeRepositories. With basic scanning it scans what is pushed from
 *   then on, beside the filters of the registry.
 * @inferred The setting is also accepted with enhanced scanning, where only the registry's filters count.
 */
export const putImageScanningConfiguration: Operation<'PutImageScanningConfiguration'> = {
  resources: namedRepository,

  async run({ repositoryName, imageScanningConfiguration }, { registry, store }) {
    const scanOnPush = imageScanningConfiguration.scanOnPush ?? false
    const changed = await store.repositories.update(registry, repositoryName, (repository) => ({
      ...repository,
      scanOnPush,
    }))
    if (!changed) throw repositoryNotFound(repositoryName, registry.account)
    return { registryId: registry.account, repositoryName, imageScanningConfiguration: { scanOnPush } }
  },
}
