import { ServiceException } from '../errors.js'

/** (documented) */
export const unableToListUpstreamImageReferrers = () =>
  new ServiceException(
    'UnableToListUpstreamImageReferrersException',
    'The referrer or referrers were unable to be listed using the pull through cache rule. This is usually caused because of an issue with the Secrets Manager secret containing the credentials for the upstream registry.',
  )
