import { replicationStatus } from '../../../../../registry/replication/image-replication.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { namedImageWith } from '../../named-image.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageReplicationStatus.html
 * @exact The members of the answer and the statuses.
 * @inferred The failure codes, and that an image which was never to be replicated has no statuses.
 */
export const describeImageReplicationStatus: Operation<'DescribeImageReplicationStatus'> = {
  resources: namedRepository,

  async run({ repositoryName, imageId }, context) {
    const { store, registry } = context
    const [{ digest }, replication] = await readInRepository(store, registry, repositoryName, () =>
      namedImageWith(imageId, repositoryName, context, (key) => store.imageReplications.get(registry, key)),
    )
    const replicationStatuses = (replication?.destinations ?? []).map((destination) => ({
      region: destination.region,
      registryId: destination.registryId,
      ...replicationStatus(destination),
    }))
    const { imageTag } = imageId
    return {
      repositoryName,
      imageId: { imageDigest: digest, ...(imageTag !== undefined && { imageTag }) },
      replicationStatuses,
    }
  },
}
