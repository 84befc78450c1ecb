import { deleteImage } from '../../../registry/delete-image.js'
import { type ImageFailure, isFailure } from '../../../registry/find-image.js'
import type { ImageId } from '../../../registry/image.js'
import { requireRepository } from '../../../registry/require-repository.js'
import { pause } from '../../../registry/slices.js'
import type { Operation } from '../operation.js'
import { namedRepository } from '../resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html */
export const batchDeleteImage: Operation<'BatchDeleteImage'> = {
  resources: namedRepository,

  async run({ repositoryName, imageIds }, context) {
    const { registry, store } = context
    await requireRepository(store, registry, repositoryName)
    const deleted: ImageId[][] = []
    const failures: ImageFailure[] = []
    for (const imageId of imageIds) {
      const outcome = await deleteImage(context, registry, repositoryName, imageId)
      if (isFailure(outcome)) failures.push(outcome)
      else deleted.push(outcome)
      await pause()
    }
    return { imageIds: deleted.flat(), failures }
  },
}
