import { createRepository as makeRepository } from '../../../../../registry/repositories/repository-creation.js'
import { acceptEncryption } from '../../../../../registry/repositories/encryption.js'
import { repositoryAlreadyExists } from '../../../../../registry/errors.js'
import { newRepository } from '../../../../../registry/repositories/repository.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { acceptTags } from '../../resource-tags.js'
import { acceptMutability } from '../../accept-mutability.js'
import { repositoryShape } from '../../shapes/repository-shape.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
 *
 * @exact Names, mutability with exclusion filters, encryption, resource tags and their limits, the quota of
 *   repositories; the messages of an existing repository and of invalid input.
 * @inferred KMS without a key names one AWS managed key per account and Region, whose id is ours, as is that of the key
 *   of an alias; KmsException is the answer for a key of another Region or of no form that KMS knows; the messages of
 *   the quota and of KmsException are the reference's.
 * @notModelled Keys are not looked up in KMS, nothing is encrypted, and KMS_DSSE is accepted in every Region.
 */
export const createRepository: Operation<'CreateRepository'> = {
  resources: (input, registry) => {
    const [repository = ''] = namedRepository(input, registry)
    return isTagged(input) ? [repository, { action: 'ecr:TagResource', resource: repository }] : [repository]
  },

  async run(input, context) {
    const { registry, store, now, quotas } = context
    const { repositoryName, imageScanningConfiguration, encryptionConfiguration } = input
    const repository = newRepository(repositoryName, now, {
      ...acceptMutability(input),
      scanOnPush: imageScanningConfiguration?.scanOnPush ?? false,
      ...(encryptionConfiguration && { encryption: acceptEncryption(encryptionConfiguration, registry) }),
      tags: acceptTags(input.tags ?? []),
    })

    const created = await makeRepository(store, registry, repository, quotas)
    if (!created) throw repositoryAlreadyExists(repositoryName, registry.account)
    return { repository: repositoryShape(repository, context) }
  },
}

const isTagged = ({ tags }: { tags?: unknown }): boolean => Array.isArray(tags) && tags.length > 0
