import type { Image as SdkImage, ImageDetail } from '@aws-sdk/client-ecr'
import { serverException } from '../../../../registry/errors.js'
import { imageSizeInBytes } from '../../../../registry/images/image-size.js'
import type { Image } from '../../../../registry/images/image.js'
import { imageStatus, lastActivatedAt } from '../../../../registry/images/storage-class.js'
import type { Context } from '../../context.js'

/** An image as DescribeImages returns it. Absent values are omitted, including an empty list of tags. */
export async function imageDetail(
  image: Image,
  { registry, store, blobs, now }: Pick<Context, 'registry' | 'store' | 'blobs' | 'now'>,
): Promise<ImageDetail> {
  const { tags, artifactType, subject, lastPulledAt, archive } = image
  const activatedAt = lastActivatedAt(image, now)
  return {
    registryId: registry.account,
    repositoryName: image.repository,
    imageDigest: image.digest,
    ...(tags.length > 0 && { imageTags: tags }),
    imageSizeInBytes: await imageSizeInBytes({ store, blobs }, registry, image),
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    ...(artifactType !== undefined && { artifactMediaType: artifactType }),
    ...(subject !== undefined && { subjectManifestDigest: subject }),
    ...(lastPulledAt !== undefined && { lastRecordedPullTime: new Date(lastPulledAt) }),
    imageStatus: imageStatus(image, now),
    ...(archive && { lastArchivedAt: new Date(archive.archivedAt) }),
    ...(activatedAt !== undefined && { lastActivatedAt: new Date(activatedAt) }),
  }
}

/**
 * An image under one of its tags with its manifest, as BatchGetImage returns it: exactly the bytes that were pushed.
 */
export async function imageWithManifest(
  image: Image,
  imageTag: string | undefined,
  { registry, blobs }: Pick<Context, 'registry' | 'blobs'>,
): Promise<SdkImage> {
  const manifest = await blobs.read(image.digest)
  if (!manifest) throw serverException(`The manifest of image '${image.digest}' is missing from the blob store.`)
  return {
    registryId: registry.account,
    repositoryName: image.repository,
    imageId: { imageDigest: image.digest, ...(imageTag !== undefined && { imageTag }) },
    imageManifest: manifest.toString('utf8'),
    imageManifestMediaType: image.mediaType,
  }
}
