import { readScanningConfiguration } from '../../../../../registry/scanning/scanning-configuration.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { scanningConfigurationShape } from '../../shapes/scanning-configuration-shape.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRegistryScanningConfiguration.html
 *
 * @exact The configuration as it was put; BASIC without rules for a registry whose configuration was never put.
 */
export const getRegistryScanningConfiguration: Operation<'GetRegistryScanningConfiguration'> = {
  resources: wholeRegistry,

  async run(_, { registry, store }) {
    const configuration = await readScanningConfiguration(store, registry)
    return { registryId: registry.account, scanningConfiguration: scanningConfigurationShape(configuration) }
  },
}
