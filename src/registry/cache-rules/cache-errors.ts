import { ServiceException } from '../errors.js'
import type { SecretFailure } from '../ports/secrets.js'

/** (documented) */
export const unableToListUpstreamImageReferrers = () =>
  new ServiceException(
    'UnableToListUpstreamImageReferrersException',
    'The referrer or referrers were unable to be listed using the pull through cache rule. This is usually caused because of an issue with the Secrets Manager secret containing the credentials for the upstream registry.',
  )

/** (documented) */
export const unableToAccessSecret = () =>
  new ServiceException(
    'UnableToAccessSecretException',
    'The secret is unable to be accessed. Verify the resource permissions for the secret and try again.',
  )

/** (documented), with AWS's misspelling */
export const unableToDecryptSecretValue = () =>
  new ServiceException(
    'UnableToDecryptSecretValueException',
    'The secret is accessible but is unable to be decrypted. Verify the resource permisisons and try again.',
  )

/** The exception for a secret that cannot be used; undefined if only its content is wrong, which a pull finds out. */
export function secretException({ kind }: SecretFailure): ServiceException | undefined {
  if (kind === 'malformed') return undefined
  return kind === 'undecryptable' ? unableToDecryptSecretValue() : unableToAccessSecret()
}
