import type { Store } from '../registry/ports/store.js'
import { recordImageSigning } from '../registry/signing/image-signing.js'
import type { ImageChangeReaction } from './image-changes.js'

/**
 * Records which signing profiles apply to a pushed image, for DescribeImageSigningStatus. The service begins to sign it
 * then.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/managed-signing.html
 */
export const imageSignings =
  ({ store }: { readonly store: Store }): ImageChangeReaction =>
  (registry, change) =>
    recordImageSigning(store, registry, change)
