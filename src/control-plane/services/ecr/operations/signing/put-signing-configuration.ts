import {
  acceptSigningConfiguration,
  SIGNING_CONFIGURATION,
} from '../../../../../registry/signing/signing-configuration.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutSigningConfiguration.html
 *
 * @exact Up to 10 rules with a profile of AWS Signer and up to 100 filters of repository names. It replaces the
 *   registry's configuration, and applies to images that are pushed from then on.
 * @inferred A signing profile of another Region, with which the service cannot sign, is refused as an invalid
 *   parameter.
 * @notModelled Whether a signing profile exists is not known. Nothing is signed: see DescribeImageSigningStatus.
 */
export const putSigningConfiguration: Operation<'PutSigningConfiguration'> = {
  resources: wholeRegistry,

  async run(input, { registry, store }) {
    const signingConfiguration = acceptSigningConfiguration(input.signingConfiguration, registry)
    await store.signingConfigurations.put(registry, SIGNING_CONFIGURATION, signingConfiguration)
    return { signingConfiguration }
  },
}
