import {
  acceptScanningConfiguration,
  putScanningConfiguration,
} from '../../../../../registry/scanning/scanning-configuration.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { scanningConfigurationShape } from '../../shapes/scanning-configuration-shape.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutRegistryScanningConfiguration.html
 *
 * @exact Two rules at most, with filters of the documented pattern; continuous scanning only with the scan type
 *   ENHANCED. A change of the frequency of repositories is announced by the event ECR Scan Resource Change, with
 *   enhanced scanning.
 * @inferred The whole configuration is replaced: without `scanType` it is BASIC, without `rules` it has none. The texts
 *   of the refusals of a frequency that the scan type does not have.
 * @notModelled BlockedByOrganizationPolicyException.
 */
export const putRegistryScanningConfiguration: Operation<'PutRegistryScanningConfiguration'> = {
  resources: wholeRegistry,

  async run({ scanType = 'BASIC', rules = [] }, { registry, store, now }) {
    const configuration = acceptScanningConfiguration({ scanType, rules })
    await putScanningConfiguration(store, registry, configuration, now)
    return { registryScanningConfiguration: scanningConfigurationShape(configuration) }
  },
}
