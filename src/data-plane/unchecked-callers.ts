import type { IncomingMessage } from 'node:http'
import { anonymousPrincipal } from '../access/anonymous.js'
import { accountNamedBy, defaultAccount } from '../access/credentials.js'
import { principalOfRoot } from '../access/principal-ids.js'
import { type Grant, TOKEN_LIFETIME_MS } from '../access/token.js'
import { DEFAULT_REGION, type Registry } from '../registry/registry.js'
import type { BasicCredentials } from './basic-credentials.js'
import type { DataPlaneDeps } from './call.js'
import { registryOf } from './registry-of-host.js'

/**
 * The caller of a request without a token: with relaxed authentication any password, like any access key, is an
 * administrator's; and a request without credentials may pull if the configuration allows it. Undefined for all other
 * requests.
 */
export function uncheckedCaller(
  { headers }: IncomingMessage,
  credentials: BasicCredentials | undefined,
  now: Date,
  { auth, anonymousPull }: Pick<DataPlaneDeps, 'auth' | 'anonymousPull'>,
): Grant | undefined {
  const expiresAt = now.getTime() + TOKEN_LIFETIME_MS
  if (credentials && auth === 'relaxed') {
    const account = accountNamedBy(credentials.user) ?? defaultAccount.account
    return {
      principal: principalOfRoot(account),
      registry: { account, region: registryNamed(headers.host).region },
      expiresAt,
    }
  }
  if (headers.authorization || !anonymousPull) return undefined
  const registry = registryNamed(headers.host)
  return { principal: anonymousPrincipal(auth === 'relaxed' ? registry.account : undefined), registry, expiresAt }
}

/** The registry that the host names, otherwise the default registry. */
const registryNamed = (host: string | undefined): Registry =>
  registryOf(host, { account: defaultAccount.account, region: DEFAULT_REGION })
