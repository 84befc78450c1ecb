import { acceptSettingName, accountSetting } from '../../../../../registry/account-settings.js'
import type { Operation } from '../../operation.js'
import { namedSetting } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAccountSetting.html
 *
 * @exact The names of the settings, and a value for each before one is put.
 * @inferred Settings are kept per account and Region; the message of an invalid name is that of any invalid enum
 *   value.
 */
export const getAccountSetting: Operation<'GetAccountSetting'> = {
  resources: namedSetting('ecr:GetAccountSetting'),

  async run(input, { registry, store }) {
    const name = acceptSettingName(input.name)
    return { name, value: await accountSetting(store, registry, name) }
  },
}
