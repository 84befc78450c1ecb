import type { ImageChange } from '../images/image-change.js'
import { keyOf, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { profilesFor, SIGNING_CONFIGURATION } from './signing-configuration.js'

/** The type of the signatures that AWS Signer makes. https://notaryproject.dev */
const SIGNATURE = 'application/vnd.cncf.notary.signature'

/** The status of every image that a signing profile applies to. The code and the reason are ours. */
export const NOT_SIGNED = {
  status: 'FAILED',
  failureCode: 'SIGNING_NOT_EMULATED',
  failureReason: 'ecr-local does not sign images, because it has no AWS Signer. Sign the image with the Notation CLI.',
} as const

/**
 * Records which signing profiles apply to a pushed image, in addition to those of earlier pushes. Only container images
 * are signed, not their signatures and other referrers; nor what ECR itself copies, because a signature needs the
 * permissions of the principal that pushes. Returns the profiles.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/managed-signing.html
 */
export async function recordImageSigning(
  store: Store,
  registry: Registry,
  change: ImageChange,
): Promise<readonly string[]> {
  const { action, cause, artifactType, subject, repository, digest } = change
  if (action !== 'PUSH' || cause !== 'request' || subject !== undefined || artifactType === SIGNATURE) return []
  const configuration = await store.signingConfigurations.get(registry, SIGNING_CONFIGURATION)
  const profiles = configuration ? profilesFor(configuration, repository) : []
  if (profiles.length === 0) return profiles
  const key = keyOf(repository, digest)
  await store.transact(registry, async ({ images, imageSignings }) => {
    if (!(await images.get(registry, key))) return
    const earlier = (await imageSignings.get(registry, key))?.signingProfileArns ?? []
    await imageSignings.put(registry, key, {
      repository,
      digest,
      signingProfileArns: [...new Set([...earlier, ...profiles])],
    })
  })
  return profiles
}
