import type { Identities } from '../../access/identities.js'
import type { Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import type { KnownAccounts } from './admin-answers.js'
import type { Reply } from './explain-route.js'

/** The dependencies of `GET /_admin/accounts`. */
export interface AccountsDeps {
  readonly store: Pick<Store, 'registries'>
  readonly identities: Pick<Identities, 'accounts'>
  readonly auth: 'strict' | 'relaxed'
}

/** Lists the accounts of the configuration and those in which something is stored, without any access key. */
export async function knownAccounts({ store, identities, auth }: AccountsDeps): Promise<Reply> {
  const stored = (await store.registries()).filter(({ account }) => account !== installation.account)
  const ids = new Set([...identities.accounts.keys(), ...stored.map(({ account }) => account)])
  const accounts = [...ids].sort().map((account) => ({
    account,
    regions: stored
      .filter((registry) => registry.account === account)
      .map(({ region }) => region)
      .sort(),
    principals: identities.accounts.get(account) ?? [],
  }))
  const body: KnownAccounts = { auth, accounts }
  return { status: 200, body }
}
