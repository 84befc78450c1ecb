import { SIGNING_CONFIGURATION } from '../../../../../registry/signing/signing-configuration.js'
import { signingConfigurationNotFound } from '../../../../../registry/signing/signing-errors.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteSigningConfiguration.html
 *
 * @exact Returns the configuration that was deleted. Images pushed from then on are not signed; the signing statuses of
 *   earlier ones stay.
 * @inferred The message is the API reference's description.
 */
export const deleteSigningConfiguration: Operation<'DeleteSigningConfiguration'> = {
  resources: wholeRegistry,

  async run(_input, { registry, store }) {
    const signingConfiguration = await store.signingConfigurations.remove(registry, SIGNING_CONFIGURATION)
    if (!signingConfiguration) throw signingConfigurationNotFound()
    return { registryId: registry.account, signingConfiguration }
  },
}
