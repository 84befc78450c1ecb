import { imageAlreadyExists, imageDigestDoesNotMatch } from '../../../../../registry/errors.js'
import { acceptImageTag } from '../../../../../registry/images/image-tag.js'
import { storeManifest } from '../../../../../registry/images/store-manifest.js'
import { computeDigest } from '../../../../../registry/images/manifest.js'
import { pushImage } from '../../../../../registry/images/image-push.js'
import { parsePushedManifest } from '../../../../../registry/images/pushed-manifest.js'
import { requireRepository } from '../../../../../registry/repositories/require-repository.js'
import type { Context } from '../../../context.js'
import type { Input, Operation } from '../../operation.js'
import { namedRepository } from '../../operation-resources.js'
import { requireRepositoryForPush } from '../../repository-for-push.js'

/**
 * A creation template may have the repository created first.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
 *
 * @exact Manifests of Docker and OCI, validated as the service does; layers and images that they refer to have to be
 *   there (layers not with `images.verifyLayers` false); immutable tags; the quotas; the messages of every refusal
 *   that was captured; an archived image is restored.
 * @inferred The message for an image that is already there is second-hand; the limits on the number of values and on
 *   media types are ours, and so is the message of an index with too many manifests.
 * @notModelled Schema 1 manifests are refused.
 */
export const putImage: Operation<'PutImage'> = {
  resources: namedRepository,

  async run(input, context) {
    const { registry, store, blobs } = context
    const { repositoryName, imageManifest } = input
    await requireRepositoryForPush(repositoryName, context)
    await requireRepository(store, registry, repositoryName)
    const { bytes, ...push } = acceptImage(input, context)
    await storeManifest(blobs, push.digest, bytes)

    const { image, isChanged } = await pushImage(context, registry, push, bytes)
    const { digest: imageDigest, tag: imageTag } = push
    if (!isChanged) throw imageAlreadyExists(imageDigest, imageTag, repositoryName, registry.account)
    return {
      image: {
        registryId: registry.account,
        repositoryName,
        imageId: { imageDigest, ...(imageTag !== undefined && { imageTag }) },
        imageManifest,
        imageManifestMediaType: image.mediaType,
      },
    }
  },
}

function acceptImage(input: Input<'PutImage'>, { registry, now, quotas, images }: Context) {
  const { repositoryName: repository, imageManifestMediaType, imageDigest } = input
  const tag = input.imageTag === undefined ? undefined : acceptImageTag(input.imageTag)
  const bytes = Buffer.from(input.imageManifest, 'utf8')
  const manifest = parsePushedManifest(bytes, imageManifestMediaType, quotas)
  const digest = computeDigest(bytes, imageDigest)
  if (imageDigest !== undefined && imageDigest !== digest) {
    throw imageDigestDoesNotMatch(imageDigest, repository, registry.account)
  }
  const common = { repository, digest, manifest, manifestSize: bytes.length, now: now.getTime() }
  const options = { ...(tag !== undefined && { tag }), ...(!images.verifyLayers && { mayLackLayers: true as const }) }
  return { ...common, ...options, bytes }
}
