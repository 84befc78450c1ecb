import { setImmediate } from 'node:timers/promises'
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
    const about = { registryId: registry.account, repositoryName, uploadId }
    if (Buffer.byteLength(layerPartBlob, 'base64') !== partLastByte - partFirstByte + 1) {
      throw invalidLayerPart({ ...about, lastValidByteReceived: received - 1 })
    }
    const part = { firstByte: partFirstByte, bytes: decoded(layerPartBlob) }
    const { size } = await inChargeOf(uploadId, context.leases, () => appendPart(context, session, part))
    return { ...about, lastByteReceived: size - 1 }
  },
}

/** Divisible by four, as whole groups of base64 are. */
const SLICE_CHARACTERS = 1024 * 1024

/** Bytes a slice at a time: all 20 MiB at once would keep everybody else waiting. */
async function* decoded(base64: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < base64.length; at += SLICE_CHARACTERS) {
    yield Buffer.from(base64.slice(at, at + SLICE_CHARACTERS), 'base64')
    await setImmediate()
  }
}
