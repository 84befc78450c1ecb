import { deleteImage } from '../../../../../registry/images/image-deletion.js'
import { findImage, type ImageFailure, isImageFailure } from '../../../../../registry/images/find-image.js'
import type { ImageId } from '../../../../../registry/images/image.js'
import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import { mapInBatches, yieldToEventLoop } from '../../../../../coordination/event-loop.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * An image that is named twice, for example by digest and by tag, is deleted and returned once. Ids of whole images are
 * processed first and include the ids of their tags.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
 *
 * @exact By tag, by digest, or both; an image goes with its last tag; the codes and reasons of failures, also for an
 *   image that a manifest list refers to.
 * @inferred An image that is named twice is deleted and answered once; ids of whole images come first.
 */
export const batchDeleteImage: Operation<'BatchDeleteImage'> = {
  resources: namedRepository,

  async run({ repositoryName, imageIds }, context) {
    const { registry, store, now } = context
    await requireRepository(store, registry, repositoryName)
    const images = await mapInBatches(imageIds, (imageId) => findImage(store, registry, repositoryName, imageId))
    const targets = imageIds.map((imageId, index) => ({ imageId, digest: digestIn(images[index]) }))
    const isWhole = ({ imageId }: Target) => imageId.imageTag === undefined

    const deletions: ImageId[] = []
    const failures: ImageFailure[] = []
    for (const { imageId, digest } of [...targets.filter(isWhole), ...targets.filter((target) => !isWhole(target))]) {
      if (deletions.some((deletion) => isPartOf(imageId, digest, deletion))) continue
      const outcome = await deleteImage(context, registry, repositoryName, imageId, { now, cause: 'request' })
      if (isImageFailure(outcome)) failures.push(outcome)
      else for (const deletion of outcome) deletions.push(deletion)
      await yieldToEventLoop()
    }
    return { imageIds: deletions, failures: distinct(failures) }
  },
}

interface Target {
  readonly imageId: ImageId
  /** The digest of the image that the id named when the call began. */
  readonly digest: string | undefined
}

const digestIn = (outcome: Awaited<ReturnType<typeof findImage>> | undefined) =>
  outcome && !isImageFailure(outcome) ? outcome.image.digest : undefined

/** Whether the image or tag that an id names was removed by an earlier deletion. */
const isPartOf = ({ imageTag }: ImageId, digest: string | undefined, deletion: ImageId) =>
  digest !== undefined && digest === deletion.imageDigest && (imageTag === undefined || imageTag === deletion.imageTag)

/** The failures, each once even if its id was sent twice. */
const distinct = (failures: readonly ImageFailure[]) => [
  ...new Map(failures.map((failure) => [JSON.stringify(failure.imageId), failure])).values(),
]
