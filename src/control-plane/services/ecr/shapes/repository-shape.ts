import type { Repository as SdkRepository } from '@aws-sdk/client-ecr'
import { registryHost, repositoryArn } from '../../../../registry/registry.js'
import type { Repository } from '../../../../registry/repositories/repository.js'
import type { Context } from '../../context.js'

/** A repository as the API returns it. */
export const repositoryShape = (
  repository: Repository,
  { registry, settings }: Pick<Context, 'registry' | 'settings'>,
): SdkRepository => ({
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
