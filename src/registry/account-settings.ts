import { invalidParameterAt } from './errors.js'
import type { Records } from './ports/store.js'
import type { Registry } from './registry.js'

/** The settings a registry has, and what each may be. */
const possible = {
  /** Whether the registry policy is consulted for every action (V2) or for the three it once knew (V1). */
  REGISTRY_POLICY_SCOPE: ['V2', 'V1'],
  /** Whether a push may take over layers of other repositories of the registry. */
  BLOB_MOUNTING: ['ENABLED', 'DISABLED'],
  BASIC_SCAN_TYPE_VERSION: ['AWS_NATIVE'],
} as const

/** A setting by the name the API gives it. */
export type AccountSettingName = keyof typeof possible

/** Which values a setting has. */
export type AccountSettingValue<N extends AccountSettingName> = (typeof possible)[N][number]

/**
 * A setting of a registry; the first of its values until another one was put.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAccountSetting.html
 */
export async function accountSetting<N extends AccountSettingName>(
  { accountSettings }: Pick<Records, 'accountSettings'>,
  registry: Registry,
  name: N,
): Promise<AccountSettingValue<N>> {
  const kept = await accountSettings.get(registry, name)
  return possible[name].find((value) => value === kept) ?? possible[name][0]
}

/** A setting's name as a caller gives it. Throws InvalidParameterException for one there is not. */
export function acceptSettingName(name: string): AccountSettingName {
  const names = Object.keys(possible) as AccountSettingName[]
  return oneOf(names, name, 'name')
}

/** A setting's value as a caller gives it. Throws InvalidParameterException for one the setting cannot have. */
export const acceptSettingValue = <N extends AccountSettingName>(name: N, value: string): AccountSettingValue<N> =>
  oneOf<AccountSettingValue<N>>(possible[name], value, 'value')

function oneOf<T extends string>(values: readonly T[], given: string, member: string): T {
  const found = values.find((value) => value === given)
  if (found === undefined)
    throw invalidParameterAt(member, `Member must satisfy enum value set: [${values.join(', ')}]`)
  return found
}
