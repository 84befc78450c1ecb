import { describe, expect, it } from 'vitest'
import { AccountsError } from '../../src/access/accounts-error.js'
import type { Account, Accounts } from '../../src/access/credentials.js'
import { identitiesIn, type IdentityPolicies } from '../../src/access/identities.js'
import { principalOfRoot, principalOfUser } from '../../src/access/principal-ids.js'
import { evaluate } from '../../src/iam/evaluate.js'
import type { Principal } from '../../src/registry/principal.js'
import { serviceLinkedRoleArn } from '../../src/registry/cache-rules/service-linked-role.js'

const account = '111122223333'
const repository = `arn:aws:ecr:us-east-1:${account}:repository/web`
const allow = (Action: string) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })
const trustPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }],
}
const readOnly = 'AmazonEC2ContainerRegistryReadOnly'
const accounts: Accounts = {
  [account]: {
    users: {
      dev: {
        accessKeys: { AKIADEV: 'secret' },
        policies: [readOnly, allow('ecr:PutImage')],
        permissionsBoundary: allow('ecr:*'),
        tags: { team: 'platform' },
      },
      idle: { accessKeys: { AKIAIDLE: 'secret' } },
    },
    roles: {
      ci: { trustPolicy, policies: [allow('ecr:*')], permissionsBoundary: 'AmazonEC2ContainerRegistryPowerUser' },
      builder: { trustPolicy, path: '/build/', maxSessionDurationSeconds: 7200, tags: { stage: 'test' } },
    },
    serviceControlPolicies: [allow('*'), { Version: '2012-10-17', Statement: [] }],
  },
  '444455556666': { users: { guest: { policies: [allow('ecr:*')] } } },
}
const roleArn = `arn:aws:iam::${account}:role/ci`
const session: Principal = {
  arn: `arn:aws:sts::${account}:assumed-role/ci/run-1`,
  account,
  userId: 'AROAEXAMPLE:run-1',
  session: { roleArn },
}
const identities = identitiesIn(accounts)
const dev = principalOfUser(account, 'dev')

const namesOf = ({ identity, boundary, serviceControl }: IdentityPolicies) => ({
  identity: identity.map(({ name }) => name),
  boundary: boundary?.map(({ name }) => name),
  serviceControl: serviceControl?.map(({ name }) => name),
})

/** Whether the identity-based side alone allows the action to the principal. */
function may(principal: Principal, action: string, of = identities): boolean {
  const policies = of.policiesOf(principal)!
  const question = { principal, action, resource: repository, resourceAccount: principal.account, conditions: {} }
  return evaluate(question, { ...policies, resource: [] }).allowed
}

describe('The policies of a user', () => {
  it('A user’s policies are its own, its boundary and the service control policies of its account, each with a readable name', () => {
    expect(namesOf(identities.policiesOf(dev)!)).toEqual({
      identity: [readOnly, 'inline policy 2 of user dev'],
      boundary: ['permissions boundary of user dev'],
      serviceControl: [
        `service control policy 1 of account ${account}`,
        `service control policy 2 of account ${account}`,
      ],
    })
  })

  it('The policies of a user come with the tags and the name of the user', () => {
    expect(identities.policiesOf(dev)).toMatchObject({ tags: { team: 'platform' }, userName: 'dev' })
  })

  it('The policies of a user decide what it may do', () => {
    expect(may(dev, 'ecr:DescribeImages')).toBe(true)
    expect(may(dev, 'ecr:PutImage')).toBe(true)
    expect(may(dev, 'ecr:DeleteRepository')).toBe(false)
  })

  it('A user without policies may do nothing', () => {
    expect(may(principalOfUser(account, 'idle'), 'ecr:GetAuthorizationToken')).toBe(false)
  })

  it('A session of a user has the policies of the user', () => {
    expect(identities.policiesOf({ ...dev, session: { tags: { a: 'b' } } })).toBe(identities.policiesOf(dev))
  })

  it('The policies of a user are compiled once', () => {
    expect(identities.policiesOf({ ...dev })).toBe(identities.policiesOf({ ...dev }))
  })

  it('A user without boundary and service control policies is limited by neither', () => {
    const guest = identities.policiesOf(principalOfUser('444455556666', 'guest'))!
    expect(namesOf(guest)).toEqual({
      identity: ['inline policy 1 of user guest'],
      boundary: undefined,
      serviceControl: [],
    })
    expect(may(principalOfUser('444455556666', 'guest'), 'ecr:PutImage')).toBe(true)
  })

  it.each([
    ['a user that does not exist (any more)', principalOfUser(account, 'gone')],
    ['a user of an account that does not exist', principalOfUser('999988887777', 'dev')],
    ['a session of a role that does not exist', { ...session, session: { roleArn: `${roleArn}-2` } }],
    ['a session that does not say its role', { arn: session.arn, account, userId: 'AROAEXAMPLE:run-1' }],
    ['an ARN that is the name of a property of every object', { ...dev, arn: 'constructor' }],
  ])('The policies are unknown for %s', (_, principal: Principal) => {
    expect(identities.policiesOf(principal)).toBeUndefined()
  })
})

describe('The policies of a role', () => {
  it('The policies of a role session are found by the role of the session', () => {
    expect(namesOf(identities.policiesOf(session)!)).toMatchObject({
      identity: ['inline policy 1 of role ci'],
      boundary: ['AmazonEC2ContainerRegistryPowerUser'],
    })
    expect(identities.policiesOf(session)).not.toHaveProperty('userName')
    expect(may(session, 'ecr:PutImage')).toBe(true)
    expect(may(session, 'ecr:DeleteRepository')).toBe(false)
  })
})

describe('A role', () => {
  it('A role is found by its ARN and has default values where the configuration gives none', () => {
    expect(identities.role(roleArn)).toMatchObject({
      ...{ arn: roleArn, account, name: 'ci', path: '/', maxSessionDurationSeconds: 3600, tags: {} },
      trustPolicy: { name: 'trust policy of role ci' },
      trustPolicyDocument: trustPolicy,
    })
  })

  it('A role with a path has the path in its ARN', () => {
    const arn = `arn:aws:iam::${account}:role/build/builder`
    expect(identities.role(arn)).toMatchObject({ arn, name: 'builder', path: '/build/', tags: { stage: 'test' } })
    expect(identities.role(arn)?.maxSessionDurationSeconds).toBe(7200)
    expect(identities.role(`arn:aws:iam::${account}:role/builder`)).toBeUndefined()
  })

  it('A role has an id of its own that never changes', () => {
    const { roleId } = identities.role(roleArn)!
    expect(roleId).toMatch(/^AROA[A-Z2-7]{17}$/)
    expect(identitiesIn(accounts).role(roleArn)?.roleId).toBe(roleId)
    expect(identities.role(`arn:aws:iam::${account}:role/build/builder`)?.roleId).not.toBe(roleId)
  })

  it('The service-linked role is not found as a role, so it cannot be assumed', () => {
    expect(identities.role(serviceLinkedRoleArn(account))).toBeUndefined()
  })
})

describe('The root user', () => {
  const defaultRoot = principalOfRoot('000000000000')

  it('The root user of the default account may do everything if no account is configured', () => {
    const nobody = identitiesIn(undefined)
    expect(nobody.credentialsOf('test')?.principal).toEqual(defaultRoot)
    expect(namesOf(nobody.policiesOf(defaultRoot)!).identity).toEqual(["the account's root user"])
    expect(may(defaultRoot, 'ecr:DeleteRepository', nobody)).toBe(true)
  })

  it('A root user without credentials is unknown, so tokens of a relaxed emulator are not valid for a strict one', () => {
    expect(identities.policiesOf(principalOfRoot(account))).toBeUndefined()
    expect(identities.policiesOf(defaultRoot)).toBeUndefined()
  })

  it('The root user of any account is known where no access key is configured, within the service control policies', () => {
    const limited = identitiesIn({ [account]: { serviceControlPolicies: [allow('ecr:Describe*')] } })
    expect(limited.credentialsOf(account)?.principal).toEqual(principalOfRoot(account))
    expect(may(principalOfRoot(account), 'ecr:DescribeImages', limited)).toBe(true)
    expect(may(principalOfRoot(account), 'ecr:DeleteRepository', limited)).toBe(false)
    expect(may(principalOfRoot('999988887777'), 'ecr:DeleteRepository', limited)).toBe(true)
  })

  it('The root user of any account is known in relaxed mode, within the limits of the service control policies', () => {
    const relaxed = identitiesIn(
      { [account]: { serviceControlPolicies: [allow('ecr:Describe*')] } satisfies Account },
      'relaxed',
    )
    expect(relaxed.policiesOf(defaultRoot)?.identity).toHaveLength(1)
    expect(may(principalOfRoot(account), 'ecr:DescribeImages', relaxed)).toBe(true)
    expect(may(principalOfRoot(account), 'ecr:PutImage', relaxed)).toBe(false)
  })
})

describe('The service-linked role', () => {
  it('The service-linked role has its managed policy in every account and is exempt from service control policies', () => {
    const principal = { arn: serviceLinkedRoleArn(account), account, userId: 'AROAEXAMPLE' }
    expect(namesOf(identities.policiesOf(principal)!)).toEqual({
      identity: ['AWSECRPullThroughCache_ServiceRolePolicy'],
      boundary: undefined,
      serviceControl: undefined,
    })
  })

  it('A service-linked role in the ARN of another account is unknown', () => {
    const principal = { arn: serviceLinkedRoleArn('444455556666'), account, userId: 'AROAEXAMPLE' }
    expect(identities.policiesOf(principal)).toBeUndefined()
  })
})

describe('Principals that policies may name', () => {
  it.each([
    ['an account, configured or not', '999988887777'],
    ['the root of an account', 'arn:aws:iam::999988887777:root'],
    ['a user', `arn:aws:iam::${account}:user/dev`],
    ['a role', roleArn],
    ['a role with its path', `arn:aws:iam::${account}:role/build/builder`],
    ['a session of a role', `arn:aws:sts::${account}:assumed-role/ci/any-name`],
    ['a session of a role with a path, but without the path', `arn:aws:sts::${account}:assumed-role/builder/run`],
    ['the service-linked role', serviceLinkedRoleArn('999988887777')],
  ])('A policy may name this principal: %s', (_, principal) => {
    expect(identities.isPrincipal(principal)).toBe(true)
  })

  it.each([
    ['an empty text', ''],
    ['a number that is not an account id', '11112222333'],
    ['a user that does not exist', `arn:aws:iam::${account}:user/gone`],
    ['a user of another account', 'arn:aws:iam::444455556666:user/dev'],
    ['a role that does not exist', `arn:aws:iam::${account}:role/gone`],
    ['a role without its path', `arn:aws:iam::${account}:role/builder`],
    ['a role with the ARN of a user', `arn:aws:iam::${account}:user/ci`],
    ['a session of a role that does not exist', `arn:aws:sts::${account}:assumed-role/gone/run`],
    ['a session of a role of another account', 'arn:aws:sts::444455556666:assumed-role/ci/run'],
    ['a session with a path', `arn:aws:sts::${account}:assumed-role/build/builder/run`],
    ['a session without a name', `arn:aws:sts::${account}:assumed-role/ci/`],
    ['a service-linked role of no account', serviceLinkedRoleArn('')],
    ['a group', `arn:aws:iam::${account}:group/dev`],
    ['a wildcard', `arn:aws:iam::${account}:user/*`],
    ['a service', 'ecr.amazonaws.com'],
  ])('A policy may not name this as a principal: %s', (_, principal) => {
    expect(identities.isPrincipal(principal)).toBe(false)
  })
})

describe('Invalid accounts', () => {
  const broken = { Version: '2012-10-17', Statement: [{ Effect: 'Permit', Action: 'ecr:*', Resource: '*' }] }
  const place = 'Statement/0/Effect'

  it.each<[string, Account, string]>([
    ['a policy', { users: { dev: { policies: [readOnly, broken] } } }, `/users/dev/policies/1/${place}`],
    ['a boundary', { users: { dev: { permissionsBoundary: broken } } }, `/users/dev/permissionsBoundary/${place}`],
    ['a policy of a role', { roles: { ci: { trustPolicy, policies: [broken] } } }, `/roles/ci/policies/0/${place}`],
    ['a service control policy', { serviceControlPolicies: [broken] }, `/serviceControlPolicies/0/${place}`],
    ['a trust policy', { roles: { ci: { trustPolicy: allow('*') } } }, '/roles/ci/trustPolicy/Statement/0'],
    ['a policy name', { users: { dev: { policies: ['Gone'] } } }, '/users/dev/policies/0'],
  ])('A configuration with an invalid policy is refused with the path of the fault: %s', (_, given, path) => {
    let refusal: unknown
    try {
      identitiesIn({ [account]: given })
    } catch (error) {
      refusal = error
    }
    expect(refusal).toBeInstanceOf(AccountsError)
    expect((refusal as AccountsError).path.startsWith(`/${account}${path}`)).toBe(true)
  })
})
