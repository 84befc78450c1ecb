import { limitExceeded, ServiceException } from '../errors.js'

/** (documented) */
export const exclusionAlreadyExists = () =>
  new ServiceException(
    'ExclusionAlreadyExistsException',
    'The specified pull time update exclusion already exists for the registry.',
  )

/** (documented) */
export const exclusionNotFound = () =>
  new ServiceException('ExclusionNotFoundException', 'The specified pull time update exclusion was not found.')

/** (documented) */
export const tooManyExclusions = limitExceeded
