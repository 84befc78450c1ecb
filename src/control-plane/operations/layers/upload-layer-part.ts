import { limitExceeded } from '../../../registry/errors.js'
import { invalidLayerPartSize } from '../../../registry/layer-errors.js'
import { appendPart, findUpload, named } from '../../../registry/layer-upload.js'
import { MIB } from '../../../registry/quotas.js'
import { inChargeOf } from '../../../registry/upload-turns.js'
import type { Operation } from '../operation.js'
import { namedRepository } from '../resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html */
export const uploadLayerPart: Operation<'UploadLayerPart'> = {
  resources: namedRepository,

  async run({ repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob }, context) {
    const { registry, quotas } = context
    const session = { registry, repository: repositoryName, id: uploadId }
    const { size: received, parts = 0 } = await findUpload(context, session)
    const bytes = Buffer.from(layerPartBlob, 'base64')
    const isAsLongAsSaid = bytes.length === partLastByte - partFirstByte + 1
    if (!isAsLongAsSaid || bytes.length > quotas.maximumLayerPartMiB * MIB) {
      throw invalidLayerPartSize(named(session), received)
    }
    if (parts >= quotas.layerParts) throw limitExceeded()
    const part = { firstByte: partFirstByte, bytes: [bytes] }
    const { size } = await inChargeOf(uploadId, context.leases, () => appendPart(context, session, part))
    return { ...named(session), lastByteReceived: size - 1 }
  },
}
