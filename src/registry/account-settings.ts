import { invalidParameterAt } from './errors.js'
import { type Awaitable, whenAll } from './ports/awaitable.js'
import type { Records } from './ports/store.js'
import type { Registry } from './registry.js'

/** The settings of a registry and their values, the default first. */
const settingValues = {
  /** Whether the registry policy applies to all actions (V2) or only to the three it once supported (V1). */
  REGISTRY_POLICY_SCOPE: ['V2', 'V1'],
  /** Whether a push may mount layers from other repositories of the registry. */
  BLOB_MOUNTING: ['ENABLED', 'DISABLED'],
  BASIC_SCAN_TYPE_VERSION: ['AWS_NATIVE'],
} as const

/** The name of a setting in the API. */
type AccountSettingName = keyof typeof settingValues

/** The values of a setting. */
export type AccountSettingValue<N extends AccountSettingName> = (typeof settingValues)[N][number]

/**
 * The value of a registry's setting: its default until PutAccountSetting has stored another one.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAccountSetting.html
 */
export const accountSetting = <N extends AccountSettingName>(
  { accountSettings }: Pick<Records, 'accountSettings'>,
  registry: Registry,
  name: N,
): Awaitable<AccountSettingValue<N>> =>
  whenAll(
    [accountSettings.get(registry, name)],
    ([storedValue]) => settingValues[name].find((value) => value === storedValue) ?? settingValues[name][0],
  )

/** Validates the name of a setting. Throws InvalidParameterException if there is no such setting. */
export function acceptSettingName(name: string): AccountSettingName {
  const names = Object.keys(settingValues) as AccountSettingName[]
  return requireOneOf(names, name, 'name')
}

/** Validates the value of a setting. Throws InvalidParameterException if the setting cannot have it. */
export const acceptSettingValue = <N extends AccountSettingName>(name: N, value: string): AccountSettingValue<N> =>
  requireOneOf<AccountSettingValue<N>>(settingValues[name], value, 'value')

function requireOneOf<T extends string>(values: readonly T[], text: string, member: string): T {
  const match = values.find((value) => value === text)
  if (match === undefined)
    throw invalidParameterAt(member, `Member must satisfy enum value set: [${values.join(', ')}]`)
  return match
}
