import type { Principal } from '../registry/principal.js'
import { AccountsError } from './accounts-error.js'
import { principalOfRoot, principalOfUser } from './principal-ids.js'

/** The secret and the principal of an access key. */
export interface Credentials {
  readonly secretAccessKey: string
  readonly principal: Principal
}

/** The `accounts` section of the configuration file, by account id. */
export type Accounts = Readonly<Record<string, Account>>

/**
 * One AWS account: its users and roles, its service control policies, and the secrets that its pull through cache rules
 * name.
 */
export interface Account {
  readonly users?: Readonly<Record<string, ConfiguredUser>>
  readonly roles?: Readonly<Record<string, ConfiguredRole>>
  readonly serviceControlPolicies?: readonly object[]
  /** OpenID Connect identity providers by issuer, without `https://`. */
  readonly oidcProviders?: Readonly<Record<string, ConfiguredOidcProvider>>
  /** Secrets Manager secrets by name (`ecr-pullthroughcache/…`). */
  readonly secrets?: Readonly<Record<string, { username: string; accessToken: string }>>
}

/** An OpenID Connect identity provider of the configuration. */
export interface ConfiguredOidcProvider {
  /** The audiences for which tokens are accepted, such as `sts.amazonaws.com`. */
  readonly clientIds: readonly string[]
  /** The file of the provider's public keys, a JSON Web Key Set. */
  readonly jwksFile: string
}

/** A policy document, or the name or ARN of a managed policy. */
export type ConfiguredPolicy = object | string

/** What users and roles have in common. Without policies they have no permissions of their own. */
export interface ConfiguredIdentity {
  readonly policies?: readonly ConfiguredPolicy[]
  readonly permissionsBoundary?: ConfiguredPolicy
  readonly tags?: Readonly<Record<string, string>>
}

/** An IAM user of the configuration. */
export interface ConfiguredUser extends ConfiguredIdentity {
  /** Access key id to secret access key. */
  readonly accessKeys?: Readonly<Record<string, string>>
}

/** An IAM role of the configuration. */
export interface ConfiguredRole extends ConfiguredIdentity {
  /** The policy document that says who may assume the role. */
  readonly trustPolicy: object
  /** Begins and ends with `/`. Default: `/`. */
  readonly path?: string
  /** The longest session, in seconds. Default: 3600. */
  readonly maxSessionDurationSeconds?: number
}

/** Whether any configured user has an access key. If none has, the default access key is valid. */
export const describesAccessKeys = (accounts: Accounts | undefined): boolean =>
  Object.values(accounts ?? {}).some(({ users = {} }) =>
    Object.values(users).some(({ accessKeys = {} }) => Object.keys(accessKeys).length > 0),
  )

/** The credentials of an access key id; undefined for an unknown one. */
export type CredentialsOf = (accessKeyId: string) => Credentials | undefined

/**
 * The account and access key that are valid when the configuration has none: those that local AWS tools use by
 * convention.
 */
export const defaultAccount = { account: '000000000000', accessKeyId: 'test', secretAccessKey: 'test' }

/**
 * The account that an access key id of twelve digits names. Local AWS tools use such ids to work in more than one
 * account: https://docs.localstack.cloud/aws/capabilities/config/credentials/
 */
export const accountNamedBy = (accessKeyId: string): string | undefined =>
  /^\d{12}$/.test(accessKeyId) ? accessKeyId : undefined

/**
 * Finds the credentials of an access key id. Where no access key is configured, there are `test`, of the default
 * account, and the id of every account, each its root user's and with the secret `test`.
 */
export function credentialsSource(accounts: Accounts | undefined): CredentialsOf {
  const byKey = credentialsIn(accounts)
  if (describesAccessKeys(accounts)) return (accessKeyId) => byKey.get(accessKeyId)
  const { secretAccessKey } = defaultAccount
  return (accessKeyId) => {
    const account = accountNamedBy(accessKeyId)
    return account === undefined ? byKey.get(accessKeyId) : { secretAccessKey, principal: principalOfRoot(account) }
  }
}

/**
 * The access keys of the configured accounts, or the default one where none is configured.
 * Throws AccountsError where two users have the same access key id, since a signature could not tell them apart.
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

/** Names both users but not the key id, which is the secret if id and secret were swapped. */
const sharedKey = (path: string, { arn }: Principal) =>
  new AccountsError(
    `${path}/accessKeys`,
    `must not hold an access key id that ${arn} has already: a key belongs to one user`,
  )
