import { deleteRepository as removeRepository } from '../../../../../registry/repositories/repository-deletion.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { repositoryShape } from '../../shapes/repository-shape.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html */
export const deleteRepository: Operation<'DeleteRepository'> = {
  resources: namedRepository,

  async run({ repositoryName, force = false }, context) {
    const repository = await removeRepository(context, context.registry, repositoryName, { force })
    return { repository: repositoryShape(repository, context) }
  },
}
