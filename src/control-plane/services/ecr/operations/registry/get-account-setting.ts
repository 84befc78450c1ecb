import { acceptSettingName, accountSetting } from '../../../../../registry/account-settings.js'
import type { Operation } from '../../operation.js'
import { namedSetting } from '../../operation-resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAccountSetting.html */
export const getAccountSetting: Operation<'GetAccountSetting'> = {
  resources: namedSetting('ecr:GetAccountSetting'),

  async run(input, { registry, store }) {
    const name = acceptSettingName(input.name)
    return { name, value: await accountSetting(store, registry, name) }
  },
}
