import type { ImageId } from '../../../../../registry/images/image.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { imageBatch } from '../../shapes/image-batch.js'

/**
 * Ours: the service has the permission of this name and no operation. Brings images from the upstream whatever the 24
 * hours say, and answers when they are here.
 */
export const batchImportUpstreamImage: Operation<'BatchImportUpstreamImage'> = {
  resources: namedRepository,

  run({ repositoryName: repository, imageIds }, context) {
    const { registry, principal, request, importer, wait } = context
    const bring = (imageId: ImageId) =>
      importer.importImage({ registry, repository, imageId, principal, request }, wait)
    return imageBatch(imageIds, bring, context)
  },
}
