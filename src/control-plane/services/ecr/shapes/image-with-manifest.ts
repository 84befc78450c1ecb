import type { Image as Described } from '@aws-sdk/client-ecr'
import { serverException } from '../../../../registry/errors.js'
import type { Image } from '../../../../registry/images/image.js'
import type { Context } from '../operation.js'

/** An image under one of its tags with its manifest, as BatchGetImage answers it: byte for byte what was pushed. */
export async function withManifest(
  image: Image,
  imageTag: string | undefined,
  { registry, blobs }: Pick<Context, 'registry' | 'blobs'>,
): Promise<Described> {
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
