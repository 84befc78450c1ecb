import { beginUpload } from '../../../registry/layer-upload.js'
import type { Operation } from '../operation.js'
import { namedRepository } from '../resources.js'

/** The largest part the model allows; what the service answers is not documented. */
const PART_SIZE = 20_971_520

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html */
export const initiateLayerUpload: Operation<'InitiateLayerUpload'> = {
  resources: namedRepository,

  async run({ repositoryName }, context) {
    const { registry, ids, now } = context
    const { id } = await beginUpload(context, { registry, repository: repositoryName, id: ids.uuid() }, now)
    return { uploadId: id, partSize: PART_SIZE }
  },
}
