import type { ImageId } from './image.js'

/** An image as the API names it. */
export interface ReferencedImage {
  readonly repositoryName: string
  readonly imageId: ImageId
}

/**
 * A registry at the beginning of a Docker image name: `123456789012.dkr.ecr.us-east-1.…/`, `localhost/` or anything
 * with a port.
 */
const REGISTRY = /^(?:[^/]*:\d+|localhost|\d{12}\.dkr[.-]ecr[^/]*)\//

/**
 * Parses `name[:tag][@digest]` as Docker does: the default tag is `latest`; a registry in front is ignored. Undefined
 * if it is not an image.
 */
export function parseImageReference(reference: string): ReferencedImage | undefined {
  const [, repositoryName, imageTag, imageDigest] =
    /^([^:@\s]+)(?::([\w][\w.-]{0,127}))?(?:@(sha\d+:[0-9a-f]+))?$/.exec(reference.replace(REGISTRY, '')) ?? []
  if (repositoryName === undefined) return undefined
  return { repositoryName, imageId: imageDigest === undefined ? { imageTag: imageTag ?? 'latest' } : { imageDigest } }
}
