import type { ImageId } from '../../../../../registry/images/image.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { imageBatch } from '../../shapes/image-batch.js'

/**
 * An operation of our own; the service has only the permission of this name. Imports images from the upstream even if
 * the last check is less than 24 hours old, and answers once they are imported.
 *
 * @inferred An operation of ours, with the permission that the service has under this name: it imports images now,
 *   even if the last check is less than 24 hours old, and answers like BatchGetImage.
 */
export const batchImportUpstreamImage: Operation<'BatchImportUpstreamImage'> = {
  resources: namedRepository,

  run({ repositoryName: repository, imageIds }, context) {
    const { registry, principal, request, importer, wait } = context
    const importImage = (imageId: ImageId) =>
      importer.importImage({ registry, repository, imageId, principal, request }, wait)
    return imageBatch(imageIds, importImage, context)
  },
}
