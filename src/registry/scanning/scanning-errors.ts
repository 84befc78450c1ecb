import { featureDisabled, invalidParameterAt, ServiceException } from '../errors.js'

/*
 * The errors of image scanning. Texts marked (documented) are the descriptions of the API reference, those marked
 * (inferred) are ours, because no exact text is public.
 */

export const scanNotFound = (digest: string, tag: string | undefined, name: string, account: string) =>
  new ServiceException(
    'ScanNotFoundException',
    `Image scan does not exist for the image with '{imageDigest:'${digest}', imageTag:'${tag ?? 'null'}'}' in the repository with name '${name}' in the registry with id '${account}'`,
  )

/** The second scan of an image within 24 hours. */
export const imageScanQuotaExceeded = () =>
  new ServiceException('LimitExceededException', 'The scan quota per image has been exceeded. Wait and try again.')

/** (documented) */
export const unsupportedImageType = () =>
  new ServiceException('UnsupportedImageTypeException', 'The image is of a type that cannot be scanned.')

/** (documented) */
export const imageArchived = () =>
  new ServiceException('ImageArchivedException', 'The specified image is archived and cannot be scanned.')

/**
 * A manual scan with enhanced scanning, as captured in
 * https://github.com/alexjurkiewicz/ecr-scan-image/issues/44
 */
export const manualScansDisabled = featureDisabled

/** (inferred) */
export const continuousScanNeedsEnhanced = () =>
  invalidParameterAt('rules', 'CONTINUOUS_SCAN is not supported when scanType is set as BASIC')

/** (inferred) */
export const manualScanNeedsBasic = () =>
  invalidParameterAt('rules', 'MANUAL is not supported when scanType is set as ENHANCED')
