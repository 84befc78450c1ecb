import type { ImageSigningStatus } from '@aws-sdk/client-ecr'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import { NOT_SIGNED } from '../../../../../registry/signing/image-signing.js'
import type { Operation } from '../../operation.js'
import { namedImageWith } from '../../named-image.js'
import { namedRepository } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageSigningStatus.html
 *
 * @exact A status for each signing profile whose rules matched the image when it was pushed; none for an image that no
 *   rule matched.
 * @inferred The code and the reason of the failure are ours.
 * @notModelled Nothing is signed: each status is FAILED, with a reason that says so.
 */
export const describeImageSigningStatus: Operation<'DescribeImageSigningStatus'> = {
  resources: namedRepository,

  async run({ repositoryName, imageId }, context) {
    const { registry, store } = context
    const [{ digest: imageDigest }, signing] = await readInRepository(store, registry, repositoryName, () =>
      namedImageWith(imageId, repositoryName, context, (key) => store.imageSignings.get(registry, key)),
    )
    return {
      repositoryName,
      imageId: { ...imageId, imageDigest },
      registryId: registry.account,
      signingStatuses: signing?.signingProfileArns.map(notSigned) ?? [],
    }
  },
}

const notSigned = (signingProfileArn: string): ImageSigningStatus => ({ signingProfileArn, ...NOT_SIGNED })
