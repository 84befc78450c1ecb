import { acceptSettingName, acceptSettingValue } from '../../../../../registry/account-settings.js'
import type { Operation } from '../../operation.js'
import { namedSetting } from '../../operation-resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutAccountSetting.html */
export const putAccountSetting: Operation<'PutAccountSetting'> = {
  resources: namedSetting('ecr:PutAccountSetting'),

  async run(input, { registry, store }) {
    const name = acceptSettingName(input.name)
    const value = acceptSettingValue(name, input.value)
    await store.accountSettings.put(registry, name, value)
    return { name, value }
  },
}
