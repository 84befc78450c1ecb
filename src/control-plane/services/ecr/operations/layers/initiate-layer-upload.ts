import { beginUpload } from '../../../../../registry/layers/layer-upload.js'
import { MIB } from '../../../../../registry/quotas.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { requireRepositoryForPush } from '../../repository-for-push.js'

/**
 * A creation template may have the repository created first.
 * `partSize` is the maximum size of a part in bytes: 10485760 by default, as in AWS's example.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html
 * https://docs.aws.amazon.com/cli/latest/reference/ecr/initiate-layer-upload.html
 *
 * @exact An id and the size of parts that AWS's own example has.
 * @inferred partSize is the largest part that is accepted.
 */
export const initiateLayerUpload: Operation<'InitiateLayerUpload'> = {
  resources: namedRepository,

  async run({ repositoryName }, context) {
    const { registry, ids, now, quotas } = context
    await requireRepositoryForPush(repositoryName, context)
    const { id } = await beginUpload(context, { registry, repository: repositoryName, id: ids.uuid() }, now)
    return { uploadId: id, partSize: quotas.maximumLayerPartMiB * MIB }
  },
}
