import type { Repository as Described } from '@aws-sdk/client-ecr'
import { registryHost, repositoryArn } from '../../../../registry/registry.js'
import type { Repository } from '../../../../registry/repositories/repository.js'
import type { Context } from '../operation.js'

/** A repository as the API shows it. */
export const describe = (
  repository: Repository,
  { registry, settings }: Pick<Context, 'registry' | 'settings'>,
): Described => ({
  repositoryArn: repositoryArn(registry, repository.name),
  registryId: registry.account,
  repositoryName: repository.name,
  repositoryUri: `${registryHost(settings.registryHost, registry)}/${repository.name}`,
  createdAt: new Date(repository.createdAt),
  imageTagMutability: repository.imageTagMutability,
  ...(repository.imageTagMutabilityExclusionFilters && {
    imageTagMutabilityExclusionFilters: repository.imageTagMutabilityExclusionFilters,
  }),
  imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
  encryptionConfiguration: repository.encryption,
})
