import { describe, expect, it } from 'vitest'
import { accountWarnings } from '../../src/access/account-warnings.js'
import type { Accounts } from '../../src/access/credentials.js'
import { identitiesIn } from '../../src/access/identities.js'

const warningsOf = (accounts?: Accounts) => accountWarnings(accounts, identitiesIn(accounts))
const account = '111122223333'
const allowing = (Action: string) => ({
  ...{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] },
})
const withKey = { accessKeys: { AKIADEV: 'secret' } }

describe('Warnings about configured accounts at start', () => {
  it('The start warns when no user with an access key has a policy', () => {
    expect(warningsOf({ [account]: { users: { dev: withKey, ops: {} } } })).toEqual([
      expect.stringMatching(/^No user with an access key has a policy \(dev\): .* Give them "policies"/),
    ])
  })

  it('The start warns when no user has an access key', () => {
    expect(warningsOf({ [account]: { users: { dev: { policies: [allowing('ecr:*')] } } } })).toEqual([
      'No user of the configuration has an access key, so none of its users can call. ' +
        'Access key test, secret test, stands for the root user of account 000000000000',
    ])
  })

  it('The start warns of every policy that names an action ECR does not have', () => {
    const policy = allowing('ecr:BatchGetImages')
    const users = { dev: { ...withKey, policies: [policy], permissionsBoundary: policy } }
    const warnings = warningsOf({ [account]: { users, serviceControlPolicies: [policy] } })
    expect(warnings).toEqual(
      [
        `service control policy 1 of account ${account}`,
        'inline policy 1 of user dev',
        'permissions boundary of user dev',
      ].map((name) => `Amazon ECR has no action ecr:BatchGetImages; the nearest is ecr:BatchGetImage (${name})`),
    )
  })
})

describe('Configurations without a warning', () => {
  it.each<[string, Accounts | undefined]>([
    ['without accounts', undefined],
    ['of an account that has only secrets', { [account]: { secrets: { s: { username: 'u', accessToken: 't' } } } }],
    ['of a user with a key and a policy', { [account]: { users: { dev: { ...withKey, policies: [allowing('*')] } } } }],
    [
      'of a user with a managed policy',
      {
        [account]: { users: { dev: { ...withKey, policies: ['AmazonEC2ContainerRegistryFullAccess'] } } },
      },
    ],
  ])('The start does not warn %s', (_, accounts) => expect(warningsOf(accounts)).toEqual([]))
})
