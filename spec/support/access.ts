import { authorizer } from '../../src/access/authorizer.js'
import { creationRoleCheck } from '../../src/access/creation-role-check.js'
import type { Accounts } from '../../src/access/credentials.js'
import { decisionLog } from '../../src/access/explain/decision-log.js'
import { identitiesIn } from '../../src/access/identities.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import type { Store } from '../../src/registry/ports/store.js'
import { storeOf } from '../../src/store/store-of.js'

/** An account with one user, who has every permission in ECR. */
export const defaultAccounts: Accounts = {
  '123456789012': {
    users: {
      developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies: ['AmazonEC2ContainerRegistryFullAccess'] },
    },
  },
}

/** The same user with the additional permission to pass roles to the service. */
export const accountsPassingRoles: Accounts = {
  '123456789012': {
    users: {
      developer: {
        accessKeys: { AKIDEXAMPLE: 'secret' },
        policies: [
          'AmazonEC2ContainerRegistryFullAccess',
          { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iam:PassRole', Resource: '*' }] },
        ],
      },
    },
  },
}

/** Access control made of the real parts: the policies of these accounts and those in the store. */
export function accessFor({
  accounts = defaultAccounts,
  store = storeOf(memoryKeyValue()),
}: { accounts?: Accounts; store?: Store } = {}) {
  const identities = identitiesIn(accounts)
  const decisions = decisionLog()
  const authorize = authorizer({ store, identities, decisions })
  const checkCreationRole = creationRoleCheck({ identities, authorize, decisions, auth: 'strict' })
  return { identities, credentialsOf: identities.credentialsOf, decisions, authorize, checkCreationRole }
}
