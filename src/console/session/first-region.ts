import type { KnownAccounts } from '../../control-plane/admin/admin-answers.js'
import { DEFAULT_REGION } from '../../registry/registry.js'
import { fetchAdmin } from '../requests/admin.js'

/**
 * The Region to show first: one in which the account has something, if the admin endpoints say which those are. Never
 * rejects.
 */
export async function firstRegion(account: string): Promise<string> {
  const known = await fetchAdmin('/accounts')
    .then(async (response) => ((await response.json()) as KnownAccounts).accounts)
    .catch(() => [])
  const [first = DEFAULT_REGION, ...others] = known.find((one) => one.account === account)?.regions ?? []
  return others.includes(DEFAULT_REGION) ? DEFAULT_REGION : first
}
