import type { ImageDetail } from '@aws-sdk/client-ecr'
import { describedSize } from '../../../../registry/images/image-size.js'
import type { Image } from '../../../../registry/images/image.js'
import type { Context } from '../operation.js'

/** An image as DescribeImages shows it; what an image does not have is left out, its list of tags too. */
export async function describe(
  image: Image,
  { registry, store, blobs }: Pick<Context, 'registry' | 'store' | 'blobs'>,
): Promise<ImageDetail> {
  const { tags, artifactType, subject, lastPulledAt } = image
  return {
    registryId: registry.account,
    repositoryName: image.repository,
    imageDigest: image.digest,
    ...(tags.length > 0 && { imageTags: tags }),
    imageSizeInBytes: await describedSize({ store, blobs }, registry, image),
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    ...(artifactType !== undefined && { artifactMediaType: artifactType }),
    ...(subject !== undefined && { subjectManifestDigest: subject }),
    ...(lastPulledAt !== undefined && { lastRecordedPullTime: new Date(lastPulledAt) }),
    imageStatus: 'ACTIVE',
  }
}
