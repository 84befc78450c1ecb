import type { IncomingMessage } from 'node:http'
import { anonymousPrincipal } from '../access/anonymous.js'
import { defaultAccount } from '../access/credentials.js'
import { principalOfRoot } from '../access/principals.js'
import { type Grant, TOKEN_LIFETIME_MS } from '../access/token.js'
import type { Registry } from '../registry/registry.js'
import type { DataPlaneDeps } from './call.js'
import { registryOf } from './resolve.js'

/** User and password of a request, as they were sent. */
export interface BasicCredentials {
  readonly user: string
  readonly password: string
}

/**
 * Who calls where there is no token that says so: with relaxed authentication any password is an administrator's, as any
 * access key is, and a request without credentials may pull where the configuration allows it. Undefined for everybody else.
 */
export function uncheckedCaller(
  { headers }: IncomingMessage,
  credentials: BasicCredentials | undefined,
  now: Date,
  { auth, anonymousPull }: Pick<DataPlaneDeps, 'auth' | 'anonymousPull'>,
): Grant | undefined {
  const expiresAt = now.getTime() + TOKEN_LIFETIME_MS
  if (credentials && auth === 'relaxed') {
    const account = ACCOUNT.test(credentials.user) ? credentials.user : defaultAccount.account
    return {
      principal: principalOfRoot(account),
      registry: { account, region: placeOf(headers.host).region },
      expiresAt,
    }
  }
  if (headers.authorization || !anonymousPull) return undefined
  const registry = placeOf(headers.host)
  return { principal: anonymousPrincipal(auth === 'relaxed' ? registry.account : undefined), registry, expiresAt }
}

const ACCOUNT = /^\d{12}$/

/** The registry that the host names, or that of whoever configures nothing. */
const placeOf = (host: string | undefined): Registry =>
  registryOf(host, { account: defaultAccount.account, region: 'us-east-1' })
