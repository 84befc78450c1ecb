import type { Accounts, ConfiguredUser } from './credentials.js'
import { defaultAccount, describesAccessKeys } from './credentials.js'
import type { Identities } from './identities.js'
import { unknownActions } from './known-actions.js'

/**
 * Warnings about accounts that are valid but probably mistaken: actions that ECR does not have, and identities that
 * cannot be used. Logged at the start, one sentence each.
 */
export function accountWarnings(accounts: Accounts = {}, { policies }: Pick<Identities, 'policies'>): string[] {
  const odd = policies.flatMap(({ name, policy }) => unknownActions(policy).map((sentence) => `${sentence} (${name})`))
  return [...new Set(odd), ...unusableIdentities(accounts)]
}

function unusableIdentities(accounts: Accounts): string[] {
  const users = Object.values(accounts).flatMap(({ users = {} }) => Object.entries(users))
  const hasRoles = Object.values(accounts).some(({ roles = {} }) => Object.keys(roles).length > 0)
  if (!describesAccessKeys(accounts)) return users.length > 0 || hasRoles ? [NO_KEYS] : []
  const withKeys = users.filter(([, { accessKeys = {} }]) => Object.keys(accessKeys).length > 0)
  return withKeys.some(mayDoSomething) ? [] : [withoutPolicies(withKeys.map(([name]) => name))]
}

const mayDoSomething = ([, { policies = [] }]: [string, ConfiguredUser]) => policies.length > 0

const { account, accessKeyId, secretAccessKey } = defaultAccount

const NO_KEYS =
  'No user of the configuration has an access key, so none of its users can call. ' +
  `Access key ${accessKeyId}, secret ${secretAccessKey}, stands for the root user of account ${account}`

const withoutPolicies = (names: readonly string[]) =>
  `No user with an access key has a policy (${names.join(', ')}): they may do only what a registry or repository ` +
  'policy allows them. Give them "policies", for example ["AmazonEC2ContainerRegistryFullAccess"]'
