import { acceptSettingName, acceptSettingValue } from '../../../../../registry/account-settings.js'
import type { Operation } from '../../operation.js'
import { namedSetting } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutAccountSetting.html
 *
 * @exact The names of the settings and their values today: REGISTRY_POLICY_SCOPE decides which actions the registry
 *   policy applies to, BLOB_MOUNTING whether pushes mount layers of other repositories.
 * @inferred Settings are kept per account and Region; the message of an invalid name or value is that of any invalid
 *   enum value; BLOB_MOUNTING is ENABLED at first; REGISTRY_POLICY_SCOPE may still be V1, which the reference no
 *   longer names.
 */
export const putAccountSetting: Operation<'PutAccountSetting'> = {
  resources: namedSetting('ecr:PutAccountSetting'),

  async run(input, { registry, store }) {
    const name = acceptSettingName(input.name)
    const value = acceptSettingValue(name, input.value)
    await store.accountSettings.put(registry, name, value)
    return { name, value }
  },
}
