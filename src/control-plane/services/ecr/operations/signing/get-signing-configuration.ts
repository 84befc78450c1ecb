import { SIGNING_CONFIGURATION } from '../../../../../registry/signing/signing-configuration.js'
import { signingConfigurationNotFound } from '../../../../../registry/signing/signing-errors.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetSigningConfiguration.html
 *
 * @exact The configuration as it was put, or SigningConfigurationNotFoundException.
 * @inferred The message is the API reference's description.
 */
export const getSigningConfiguration: Operation<'GetSigningConfiguration'> = {
  resources: wholeRegistry,

  async run(_input, { registry, store }) {
    const signingConfiguration = await store.signingConfigurations.get(registry, SIGNING_CONFIGURATION)
    if (!signingConfiguration) throw signingConfigurationNotFound()
    return { registryId: registry.account, signingConfiguration }
  },
}
