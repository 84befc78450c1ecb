import { imageNotFound } from '../../../../../registry/errors.js'
import { changeStorageClass, type StorageClassChange } from '../../../../../registry/images/storage-class-change.js'
import { imageStatus } from '../../../../../registry/images/storage-class.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Context } from '../../../context.js'
import type { Input, Operation } from '../../operation.js'
import { namedImage } from '../../named-image.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UpdateImageStorageClass.html
 *
 * @exact An archived image cannot be pulled (404) and stays listed as ARCHIVED. Restoring makes it ACTIVATING, and
 *   ACTIVE after 20 minutes of the emulator's clock (`images.restoreSeconds`); pushing it again makes it ACTIVE at
 *   once.
 * @inferred ImageStorageClassUpdateNotSupportedException is the answer for an image that an ACTIVE index lists, and
 *   for archiving an image that is being restored. Asking for the class that the image has already changes nothing.
 * @notModelled Layers of archived images can still be downloaded by their digests, and are AVAILABLE instead of
 *   ARCHIVED. Referrers are not archived with their subject.
 */
export const updateImageStorageClass: Operation<'UpdateImageStorageClass'> = {
  resources: namedRepository,

  async run(input, context) {
    const { registry, store, now } = context
    const { repositoryName, imageId } = input
    const { digest } = await readInRepository(store, registry, repositoryName, () =>
      namedImage(imageId, repositoryName, context),
    )
    const change = {
      repository: repositoryName,
      digest,
      target: targetOf(input, context),
      now,
      cause: 'request',
    } as const
    const image = await changeStorageClass(context, registry, change)
    if (!image) throw imageNotFound(imageId, repositoryName, registry.account)
    return {
      registryId: registry.account,
      repositoryName,
      imageId: { ...imageId, imageDigest: digest },
      imageStatus: imageStatus(image, now),
    }
  },
}

const targetOf = (
  { targetStorageClass }: Input<'UpdateImageStorageClass'>,
  { now, images }: Context,
): StorageClassChange['target'] =>
  targetStorageClass === 'ARCHIVE'
    ? { class: 'ARCHIVE' }
    : { class: 'STANDARD', activeFrom: now.getTime() + images.restoreSeconds * 1000 }
