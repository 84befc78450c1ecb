import { ServiceException } from '../errors.js'

/** (documented) */
export const signingConfigurationNotFound = () =>
  new ServiceException(
    'SigningConfigurationNotFoundException',
    'The specified signing configuration was not found. This occurs when attempting to retrieve or delete a signing configuration that does not exist.',
  )
