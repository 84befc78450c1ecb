import { limitExceeded } from '../../../../../registry/errors.js'
import { invalidLayerPartSize } from '../../../../../registry/layers/layer-errors.js'
import { appendPart, findUpload, named } from '../../../../../registry/layers/layer-upload.js'
import { MIB } from '../../../../../registry/quotas.js'
import { yieldToEventLoop } from '../../../../../coordination/event-loop.js'
import { underUploadLease } from '../../../../../registry/layers/upload-lock.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html */
export const uploadLayerPart: Operation<'UploadLayerPart'> = {
  resources: namedRepository,

  async run({ repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob }, context) {
    const { registry, quotas } = context
    const session = { registry, repository: repositoryName, id: uploadId }
    const { size: received, parts = 0 } = await findUpload(context, session)
    const length = Buffer.byteLength(layerPartBlob, 'base64')
    if (length !== partLastByte - partFirstByte + 1 || length > quotas.maximumLayerPartMiB * MIB) {
      throw invalidLayerPartSize(named(session), received)
    }
    if (parts >= quotas.layerParts) throw limitExceeded()
    const part = { firstByte: partFirstByte, bytes: decoded(layerPartBlob) }
    const { size } = await underUploadLease(uploadId, context.leases, () => appendPart(context, session, part))
    return { ...named(session), lastByteReceived: size - 1 }
  },
}

/** Divisible by four, as whole groups of base64 are. */
const SLICE_CHARACTERS = 1024 * 1024

/** Bytes a slice at a time: all 20 MiB at once would keep everybody else waiting. */
async function* decoded(base64: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < base64.length; at += SLICE_CHARACTERS) {
    yield Buffer.from(base64.slice(at, at + SLICE_CHARACTERS), 'base64')
    await yieldToEventLoop()
  }
}
