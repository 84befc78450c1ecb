import { ServiceException } from '../errors.js'

/** The first sentence is (documented), the reason (inferred). */
const notSupported = (reason: string) =>
  new ServiceException(
    'ImageStorageClassUpdateNotSupportedException',
    `The requested image storage class update is not supported. ${reason}`,
  )

/**
 * An image cannot be archived before the index that lists it, as with lifecycle policies.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 */
export const listedByActiveIndex = (indexDigest: string) =>
  notSupported(`The image is referenced by the manifest list '${indexDigest}', which has to be archived first.`)

/** An image cannot be archived while it is being restored. */
export const imageIsActivating = () => notSupported('The image is being restored from the archive.')
