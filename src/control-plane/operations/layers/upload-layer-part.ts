import { invalidLayerPart } from '../../../registry/errors.js'
import { appendPart, findUpload } from '../../../registry/layer-upload.js'
import { inChargeOf } from '../../../registry/upload-turns.js'
import type { Operation } from '../operation.js'
import { namedRepository } from '../resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html */
export const uploadLayerPart: Operation<'UploadLayerPart'> = {
  resources: namedRepository,

  async run({ repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob }, context) {
    const { registry } = context
    const session = { registry, repository: repositoryName, id: uploadId }
    const { size: received } = await findUpload(context, session)
    const bytes = Buffer.from(layerPartBlob, 'base64')
    const about = { registryId: registry.account, repositoryName, uploadId }
    if (bytes.length !== partLastByte - partFirstByte + 1) {
      throw invalidLayerPart({ ...about, lastValidByteReceived: received - 1 })
    }
    const part = { firstByte: partFirstByte, bytes: [bytes] }
    const { size } = await inChargeOf(uploadId, context.leases, () => appendPart(context, session, part))
    return { ...about, lastByteReceived: size - 1 }
  },
}
