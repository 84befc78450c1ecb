import type { Repository as SdkRepository } from '@aws-sdk/client-ecr'
import { hostOfRegistry } from '../../../../registry/registry-address.js'
import { repositoryArn } from '../../../../registry/registry.js'
import type { Repository } from '../../../../registry/repositories/repository.js'
import type { Context } from '../../context.js'

/** A repository as the API returns it. */
export const repositoryShape = (
  repository: Repository,
  { registry, registryAddress }: Pick<Context, 'registry' | 'registryAddress'>,
): SdkRepository => ({
  repositoryArn: repositoryArn(registry, repository.name),
  registryId: registry.account,
  repositoryName: repository.name,
  repositoryUri: `${hostOfRegistry(registryAddress, registry)}/${repository.name}`,
  createdAt: new Date(repository.createdAt),
  imageTagMutability: repository.imageTagMutability,
  ...(repository.imageTagMutabilityExclusionFilters && {
    imageTagMutabilityExclusionFilters: repository.imageTagMutabilityExclusionFilters,
  }),
  imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
  encryptionConfiguration: repository.encryption,
})
