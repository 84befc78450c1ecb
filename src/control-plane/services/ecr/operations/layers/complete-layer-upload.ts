import { emptyUpload, layerAlreadyExists, layerPartTooSmall } from '../../../../../registry/layers/layer-errors.js'
import { layerWithBytes } from '../../../../../registry/layers/layer-with-bytes.js'
import { abandonUpload, completeUpload, findUpload, named } from '../../../../../registry/layers/layer-upload.js'
import { underUploadLease } from '../../../../../registry/layers/upload-lock.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html */
export const completeLayerUpload: Operation<'CompleteLayerUpload'> = {
  resources: namedRepository,

  async run({ repositoryName, uploadId, layerDigests }, context) {
    const { registry } = context
    const session = { registry, repository: repositoryName, id: uploadId }
    const [layerDigest = ''] = layerDigests

    const { size, smallPartFollowed } = await findUpload(context, session)
    if (size === 0) throw emptyUpload(named(session))
    if (smallPartFollowed) throw layerPartTooSmall()
    if (await layerWithBytes(context, registry, repositoryName, layerDigest)) {
      await underUploadLease(uploadId, context.leases, () => abandonUpload(context, session))
      throw layerAlreadyExists()
    }
    await underUploadLease(uploadId, context.leases, () => completeUpload(context, session, layerDigest))
    return { registryId: registry.account, repositoryName, uploadId, layerDigest }
  },
}
