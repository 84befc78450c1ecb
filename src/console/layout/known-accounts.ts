import type { KnownAccount, KnownAccounts } from '../../control-plane/admin/admin-answers.js'
import { useAdmin } from '../requests/admin.js'
import { useSession, useSessions } from '../session/session-context.js'

/** The accounts of the installation; without the admin endpoints, those that this tab is signed in to. */
export function useKnownAccounts(): readonly KnownAccount[] {
  const { account } = useSession()
  const { accounts } = useSessions()
  const { data } = useAdmin<KnownAccounts>('/accounts')
  const known = data?.accounts ?? []
  const others = [...new Set([account, ...accounts])].filter((one) => !known.some((entry) => entry.account === one))
  return [...known, ...others.map((one) => ({ account: one, regions: [], principals: [] }))]
}
