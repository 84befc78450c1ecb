import type { ImageSigningStatus } from '@aws-sdk/client-ecr'
import { isImageTag } from '../../../../../registry/images/image-tag.js'
import type { ImageId } from '../../../../../registry/images/image.js'
import { isDigest } from '../../../../../registry/images/manifest.js'
import { keyOf } from '../../../../../registry/ports/store.js'
import { readInRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Context } from '../../../context.js'
import type { Operation } from '../../operation.js'
import { namedImage } from '../../named-image.js'
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
    const { imageDigest, signing } = await readInRepository(store, registry, repositoryName, () =>
      imageAndSigning(imageId, repositoryName, context),
    )
    return {
      repositoryName,
      imageId: { ...imageId, imageDigest },
      registryId: registry.account,
      signingStatuses: signing?.signingProfileArns.map(notSigned) ?? [],
    }
  },
}

/** The digest of the image, and what is recorded about its signing; both are read together once the digest is known. */
async function imageAndSigning(imageId: ImageId, repository: string, context: Context) {
  const { registry, store } = context
  const { imageDigest, imageTag } = imageId
  const isByTag = imageDigest === undefined && imageTag !== undefined && isImageTag(imageTag)
  const tag = isByTag ? await store.tags.get(registry, keyOf(repository, imageTag)) : undefined
  const digest = tag?.digest ?? imageDigest ?? ''
  const [image, signing] = await Promise.all([
    namedImage(tag ? { imageDigest: tag.digest } : imageId, repository, context),
    isDigest(digest) ? store.imageSignings.get(registry, keyOf(repository, digest)) : undefined,
  ])
  return { imageDigest: image.digest, signing }
}

const notSigned = (signingProfileArn: string): ImageSigningStatus => ({
  signingProfileArn,
  status: 'FAILED',
  failureCode: 'SIGNING_NOT_EMULATED',
  failureReason: 'ecr-local does not sign images, because it has no AWS Signer. Sign the image with the Notation CLI.',
})
