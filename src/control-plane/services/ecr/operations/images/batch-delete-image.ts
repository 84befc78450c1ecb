import { deleteImage } from '../../../../../registry/images/image-deletion.js'
import { findImage, type ImageFailure, isFailure } from '../../../../../registry/images/find-image.js'
import type { ImageId } from '../../../../../registry/images/image.js'
import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import { mapInBatches, yieldToEventLoop } from '../../../../../coordination/event-loop.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * What is named twice, by digest and by tag say, is deleted once and answered once: what names a whole image comes first,
 * and takes what names one of its tags with it.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
 */
export const batchDeleteImage: Operation<'BatchDeleteImage'> = {
  resources: namedRepository,

  async run({ repositoryName, imageIds }, context) {
    const { registry, store } = context
    await requireRepository(store, registry, repositoryName)
    const found = await mapInBatches(imageIds, (imageId) => findImage(store, registry, repositoryName, imageId))
    const named = imageIds.map((imageId, index) => ({ imageId, digest: digestIn(found[index]) }))
    const isWhole = ({ imageId }: Named) => imageId.imageTag === undefined

    const deleted: ImageId[] = []
    const failures: ImageFailure[] = []
    for (const { imageId, digest } of [...named.filter(isWhole), ...named.filter((each) => !isWhole(each))]) {
      if (deleted.some((gone) => isPartOf(imageId, digest, gone))) continue
      const outcome = await deleteImage(context, registry, repositoryName, imageId)
      if (isFailure(outcome)) failures.push(outcome)
      else for (const gone of outcome) deleted.push(gone)
      await yieldToEventLoop()
    }
    return { imageIds: deleted, failures: distinct(failures) }
  },
}

interface Named {
  readonly imageId: ImageId
  /** Of the image it named when the call began. */
  readonly digest: string | undefined
}

const digestIn = (found: Awaited<ReturnType<typeof findImage>> | undefined) =>
  found && !isFailure(found) ? found.image.digest : undefined

/** Whether what this id named went when `gone` went. */
const isPartOf = ({ imageTag }: ImageId, digest: string | undefined, gone: ImageId) =>
  digest !== undefined && digest === gone.imageDigest && (imageTag === undefined || imageTag === gone.imageTag)

/** Answers one failure for an id that is given twice. */
const distinct = (failures: readonly ImageFailure[]) => [
  ...new Map(failures.map((failure) => [JSON.stringify(failure.imageId), failure])).values(),
]
