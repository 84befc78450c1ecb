import { emptyUpload, layerAlreadyExists, layerPartTooSmall } from '../../../../../registry/layers/layer-errors.js'
import { layerWithBytes } from '../../../../../registry/layers/layer-with-bytes.js'
import { abandonUpload, findUpload, uploadDetails } from '../../../../../registry/layers/layer-upload.js'
import { completeUpload } from '../../../../../registry/layers/upload-completion.js'
import { withUploadLease } from '../../../../../registry/layers/upload-lease.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html
 *
 * @exact The digest is verified; the messages of an empty upload, of parts that are too small and of a digest that
 *   does not match.
 * @inferred Only the first of several digests counts; LayerAlreadyExists and InvalidLayer end the upload.
 */
export const completeLayerUpload: Operation<'CompleteLayerUpload'> = {
  resources: namedRepository,

  async run({ repositoryName, uploadId, layerDigests }, context) {
    const { registry } = context
    const session = { registry, repository: repositoryName, id: uploadId }
    const [layerDigest = ''] = layerDigests

    const { size, smallPartFollowed } = await findUpload(context, session)
    if (size === 0) throw emptyUpload(uploadDetails(session))
    if (smallPartFollowed) throw layerPartTooSmall()
    if (await layerWithBytes(context, registry, repositoryName, layerDigest)) {
      await withUploadLease(uploadId, context.leases, () => abandonUpload(context, session))
      throw layerAlreadyExists()
    }
    await withUploadLease(uploadId, context.leases, () => completeUpload(context, session, layerDigest))
    return { registryId: registry.account, repositoryName, uploadId, layerDigest }
  },
}
