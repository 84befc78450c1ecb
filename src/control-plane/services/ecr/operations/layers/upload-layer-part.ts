import { limitExceeded } from '../../../../../registry/errors.js'
import { invalidLayerPartSize } from '../../../../../registry/layers/layer-errors.js'
import { appendPart, findUpload, uploadDetails } from '../../../../../registry/layers/layer-upload.js'
import { MIB } from '../../../../../registry/quotas.js'
import { yieldToEventLoop } from '../../../../../coordination/event-loop.js'
import { withUploadLease } from '../../../../../registry/layers/upload-lease.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html
 *
 * @exact Parts that follow one another, with lastValidByteReceived in the refusal; the number of parts.
 * @inferred A part has 10 MiB at most, as on the page of quotas; the message of a size that is not the one stated, and
 *   part of that of an upload that does not exist.
 */
export const uploadLayerPart: Operation<'UploadLayerPart'> = {
  resources: namedRepository,

  async run({ repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob }, context) {
    const { registry, quotas } = context
    const session = { registry, repository: repositoryName, id: uploadId }
    const { size: received, parts = 0 } = await findUpload(context, session)
    const length = Buffer.byteLength(layerPartBlob, 'base64')
    if (length !== partLastByte - partFirstByte + 1 || length > quotas.maximumLayerPartMiB * MIB) {
      throw invalidLayerPartSize(uploadDetails(session), received)
    }
    if (parts >= quotas.layerParts) throw limitExceeded()
    const part = { firstByte: partFirstByte, bytes: decoded(layerPartBlob) }
    const { size } = await withUploadLease(uploadId, context.leases, () => appendPart(context, session, part))
    return { ...uploadDetails(session), lastByteReceived: size - 1 }
  },
}

/** Divisible by four: base64 is decoded in groups of four characters. */
const SLICE_CHARACTERS = 1024 * 1024

/** Decodes slice by slice: all 20 MiB at once would block the event loop. */
async function* decoded(base64: string): AsyncGenerator<Buffer> {
  for (let at = 0; at < base64.length; at += SLICE_CHARACTERS) {
    yield Buffer.from(base64.slice(at, at + SLICE_CHARACTERS), 'base64')
    await yieldToEventLoop()
  }
}
