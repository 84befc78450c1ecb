import { beginUpload } from '../../../../../registry/layers/layer-upload.js'
import { MIB } from '../../../../../registry/quotas.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * `partSize` is the most a part may have: 10485760, as in AWS's own example.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html
 * https://docs.aws.amazon.com/cli/latest/reference/ecr/initiate-layer-upload.html
 */
export const initiateLayerUpload: Operation<'InitiateLayerUpload'> = {
  resources: namedRepository,

  async run({ repositoryName }, context) {
    const { registry, ids, now, quotas } = context
    const { id } = await beginUpload(context, { registry, repository: repositoryName, id: ids.uuid() }, now)
    return { uploadId: id, partSize: quotas.maximumLayerPartMiB * MIB }
  },
}
