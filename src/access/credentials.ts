import type { Principal } from '../registry/principal.js'
import { AccountsError } from './accounts-error.js'
import { principalOfRoot, principalOfUser } from './principals.js'

/** What an access key stands for. */
export interface Credentials {
  readonly secretAccessKey: string
  readonly principal: Principal
}

/** The `accounts` section of the configuration file, by account id. */
export type Accounts = Readonly<Record<string, Account>>

/** One AWS account: who may call, what bounds them all, and the secrets its pull through cache rules name. */
export interface Account {
  readonly users?: Readonly<Record<string, ConfiguredUser>>
  readonly roles?: Readonly<Record<string, ConfiguredRole>>
  readonly serviceControlPolicies?: readonly object[]
  /** Secrets Manager secrets by name (`ecr-pullthroughcache/…`). */
  readonly secrets?: Readonly<Record<string, { username: string; accessToken: string }>>
}

/** A policy document, or the name or ARN of a managed policy. */
export type ConfiguredPolicy = object | string

/** What users and roles have in common. Without policies they may do nothing. */
export interface ConfiguredIdentity {
  readonly policies?: readonly ConfiguredPolicy[]
  readonly permissionsBoundary?: ConfiguredPolicy
  readonly tags?: Readonly<Record<string, string>>
}

/** An IAM user as it is written down. */
export interface ConfiguredUser extends ConfiguredIdentity {
  /** Access key id to secret access key. */
  readonly accessKeys?: Readonly<Record<string, string>>
}

/** An IAM role as it is written down. */
export interface ConfiguredRole extends ConfiguredIdentity {
  /** Who may assume it. */
  readonly trustPolicy: object
  /** Begins and ends with `/`; unless said, it is `/`. */
  readonly path?: string
  /** How long a session may last; unless said, an hour. */
  readonly maxSessionDurationSeconds?: number
}

/** Whether a user anywhere has an access key; where none has, the default one stands. */
export const describesAccessKeys = (accounts: Accounts | undefined): boolean =>
  Object.values(accounts ?? {}).some(({ users = {} }) =>
    Object.values(users).some(({ accessKeys = {} }) => Object.keys(accessKeys).length > 0),
  )

/** The credentials behind an access key id; undefined for a key nobody has. */
export type CredentialsOf = (accessKeyId: string) => Credentials | undefined

/** Who calls when the configuration describes no access key: the keys every local AWS tool tries first. */
export const defaultAccount = { account: '000000000000', accessKeyId: 'test', secretAccessKey: 'test' }

/**
 * The keys of the configured accounts, or the default one where no key is described.
 * Throws AccountsError where two users have the same key: a signature could not say which of them calls.
 */
export function credentialsIn(accounts: Accounts = {}): ReadonlyMap<string, Credentials> {
  return describesAccessKeys(accounts) ? keysIn(accounts) : new Map([defaultKey()])
}

function defaultKey(): [string, Credentials] {
  const { account, accessKeyId, secretAccessKey } = defaultAccount
  return [accessKeyId, { secretAccessKey, principal: principalOfRoot(account) }]
}

function keysIn(accounts: Accounts): Map<string, Credentials> {
  const byKey = new Map<string, Credentials>()
  for (const [account, { users = {} }] of Object.entries(accounts)) {
    for (const [name, { accessKeys = {} }] of Object.entries(users)) {
      const principal = principalOfUser(account, name)
      for (const [accessKeyId, secretAccessKey] of Object.entries(accessKeys)) {
        const before = byKey.get(accessKeyId)
        if (before) throw sharedKey(`/${account}/users/${name}`, before.principal)
        byKey.set(accessKeyId, { secretAccessKey, principal })
      }
    }
  }
  return byKey
}

/** Names both users and not the key: where id and secret were swapped, the id is the secret. */
const sharedKey = (path: string, { arn }: Principal) =>
  new AccountsError(
    `${path}/accessKeys`,
    `must not hold an access key id that ${arn} has already: a key belongs to one user`,
  )
