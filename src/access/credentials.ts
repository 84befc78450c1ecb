import { createHash } from 'node:crypto'
import type { Principal } from '../registry/principal.js'

/** What an access key stands for. */
export interface Credentials {
  readonly secretAccessKey: string
  readonly principal: Principal
}

/** The `accounts` section of the configuration file, by account id. */
export type Accounts = Readonly<Record<string, Account>>

/** One AWS account: who may call, and the secrets its pull through cache rules name. */
export interface Account {
  readonly users?: Readonly<Record<string, User>>
  /** Secrets Manager secrets by name (`ecr-pullthroughcache/…`). */
  readonly secrets?: Readonly<Record<string, { username: string; accessToken: string }>>
}

/** An IAM user; the policies are read by the decision on who may do what. */
export interface User {
  /** Access key id to secret access key. */
  readonly accessKeys?: Readonly<Record<string, string>>
  readonly policies?: readonly object[]
}

/** The credentials behind an access key id; undefined for a key nobody has. */
export type CredentialsOf = (accessKeyId: string) => Credentials | undefined

/** Who calls when the configuration names no accounts: the keys every local AWS tool tries first. */
export const defaultAccount = { account: '000000000000', accessKeyId: 'test', secretAccessKey: 'test' }

/** Looks access keys up in the configured accounts, or in the default one where none are configured. */
export function credentialsIn(accounts: Accounts | undefined): CredentialsOf {
  const byKey = new Map(accounts ? Object.entries(accounts).flatMap(keysOfAccount) : [defaultKey()])
  return (accessKeyId) => byKey.get(accessKeyId)
}

function defaultKey(): [string, Credentials] {
  const { account, accessKeyId, secretAccessKey } = defaultAccount
  return [
    accessKeyId,
    { secretAccessKey, principal: { arn: `arn:aws:iam::${account}:root`, account, userId: account } },
  ]
}

function keysOfAccount([account, { users = {} }]: [string, Account]): [string, Credentials][] {
  return Object.entries(users).flatMap(([name, { accessKeys = {} }]) => {
    const arn = `arn:aws:iam::${account}:user/${name}`
    const principal = { arn, account, userId: userIdOf(arn) }
    return Object.entries(accessKeys).map(([id, secretAccessKey]): [string, Credentials] => [
      id,
      { secretAccessKey, principal },
    ])
  })
}

/** Stable across restarts, in the form of a real one: AIDA and 17 capitals and digits. */
const userIdOf = (arn: string) =>
  `AIDA${[...createHash('sha256').update(arn).digest().subarray(0, 17)].map((byte) => BASE32[byte % 32]).join('')}`

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
