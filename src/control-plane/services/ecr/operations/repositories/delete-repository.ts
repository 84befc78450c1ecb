import { deleteRepository as removeRepository } from '../../../../../registry/repositories/repository-deletion.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { repositoryShape } from '../../shapes/repository-shape.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
 *
 * @exact The refusal while it holds images; force deletes them, and everything that belongs to the repository.
 * @inferred With force and more than 250 images, layers or tags the repository is emptied in steps, which other
 *   callers can see.
 */
export const deleteRepository: Operation<'DeleteRepository'> = {
  resources: namedRepository,

  async run({ repositoryName, force = false }, context) {
    const repository = await removeRepository(context, context.registry, repositoryName, { force })
    return { repository: repositoryShape(repository, context) }
  },
}
