import { describe, expect, it } from 'vitest'
import type { Accounts } from '../../src/access/credentials.js'
import { isAllowed, type AccessRequest, type Action } from '../../src/access/authorize.js'
import { authorizer } from '../../src/access/authorizer.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { REGISTRY_POLICY } from '../../src/registry/ports/store.js'
import type { Principal } from '../../src/registry/principal.js'
import { repositoryArn } from '../../src/registry/registry.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { storeOf } from '../../src/store/store.js'
import { accessFor } from '../support/access.js'

const own = '111122223333'
const other = '444455556666'
const registry = { account: own, region: 'us-east-1' }
const now = Date.parse('2026-01-02T03:04:05.678Z')
const request = {
  ...{ requestId: 'request-1', at: now, sourceIp: '192.0.2.7', userAgent: 'a spec', isSecure: false, isFips: false },
}
const document = (...statements: object[]) => ({ Version: '2012-10-17', Statement: statements })
const allow = (Action: string | string[], rest: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...rest })
const deny = (Action: string, rest: object = {}) => ({ Effect: 'Deny', Action, Resource: '*', ...rest })
const everyone = { Principal: '*' }

const userArn = (name: string, account = own) => `arn:aws:iam::${account}:user/${name}`
const user = (name: string, account = own): Principal => ({
  ...{ arn: userArn(name, account), account, userId: `AIDA${name.toUpperCase()}` },
})
const roleArn = (name: string, account = own) => `arn:aws:iam::${account}:role/${name}`
const sessionOf = (role: string, session: Principal['session'] = {}, account = own): Principal => ({
  arn: `arn:aws:sts::${account}:assumed-role/${role}/build`,
  account,
  userId: `AROA${role.toUpperCase()}:build`,
  session: { roleArn: roleArn(role, account), ...session },
})

interface Given {
  accounts?: Accounts
  registryPolicy?: object
  repositoryPolicy?: object
  scope?: 'V1' | 'V2'
  tags?: Record<string, string>
}

const nobodyMay: Accounts = { [own]: { users: { dev: {} } }, [other]: { users: { guest: {} } } }

/** The access decision over these policies, and the store and logs behind it. */
async function accessOver({ accounts = nobodyMay, registryPolicy, repositoryPolicy, scope, tags = {} }: Given) {
  const store = storeOf(memoryKeyValue())
  const resourceTags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  await store.repositories.put(registry, 'team/app', newRepository('team/app', new Date(now), { tags: resourceTags }))
  if (registryPolicy)
    await store.registryPolicies.put(registry, REGISTRY_POLICY, { text: JSON.stringify(registryPolicy) })
  if (repositoryPolicy)
    await store.repositoryPolicies.put(registry, 'team/app', { text: JSON.stringify(repositoryPolicy) })
  if (scope) await store.accountSettings.put(registry, 'REGISTRY_POLICY_SCOPE', scope)
  const access = accessFor({ accounts, store })
  const ask = (action: Action, rest: Partial<AccessRequest> = {}): AccessRequest => ({
    ...{ principal: user('dev'), action, resources: [repositoryArn(registry, 'team/app')], registry, request },
    ...rest,
  })
  return {
    ...access,
    store,
    may: (action: Action, rest?: Partial<AccessRequest>) => isAllowed(access.authorize, ask(action, rest)),
    /** Returns the message of the refusal, or undefined if the request is allowed. */
    sentence: (action: Action, rest?: Partial<AccessRequest>) =>
      access.authorize(ask(action, rest)).then(
        () => undefined,
        (error: unknown) => (error as Error).message,
      ),
  }
}

const accountsWith = (dev: object, rest: object = {}): Accounts => ({
  [own]: { users: { dev }, roles: { ci: { trustPolicy: trust, policies: [document(allow('ecr:*'))] } }, ...rest },
  [other]: { users: { guest: { policies: [document(allow('ecr:*'))] }, stranger: {} } },
})
const trust = document({ Effect: 'Allow', Principal: { AWS: own }, Action: 'sts:AssumeRole' })
const mayAll = { policies: [document(allow('*'))] }
const guest = { principal: user('guest', other) }

describe('The message of a refusal', () => {
  const arn = repositoryArn(registry, 'team/app')
  const refused = (reason: string, principal = userArn('dev')) =>
    `User: ${principal} is not authorized to perform: ecr:PutImage on resource: ${arn} ${reason}`
  const onlyPull = document(allow('ecr:BatchGetImage'))
  const noPush = document(allow('*'), deny('ecr:PutImage'))

  it.each<[string, string, Given]>([
    ['no identity-based policy', 'because no identity-based policy allows the ecr:PutImage action', {}],
    [
      'no permissions boundary',
      'because no permissions boundary allows the ecr:PutImage action',
      { accounts: accountsWith({ ...mayAll, permissionsBoundary: onlyPull }) },
    ],
    [
      'no service control policy',
      'because no service control policy allows the ecr:PutImage action',
      { accounts: accountsWith(mayAll, { serviceControlPolicies: [onlyPull] }) },
    ],
    [
      'a Deny of an identity-based policy',
      'with an explicit deny in an identity-based policy',
      { accounts: accountsWith({ policies: [noPush] }) },
    ],
    [
      'a Deny of the registry policy',
      'with an explicit deny in a resource-based policy',
      { accounts: accountsWith(mayAll), registryPolicy: document(deny('ecr:PutImage', everyone)) },
    ],
    [
      'a Deny of the repository policy',
      'with an explicit deny in a resource-based policy',
      { accounts: accountsWith(mayAll), repositoryPolicy: document(deny('ecr:PutImage', everyone)) },
    ],
    [
      'a Deny of a permissions boundary',
      'with an explicit deny in a permissions boundary',
      { accounts: accountsWith({ ...mayAll, permissionsBoundary: noPush }) },
    ],
    [
      'a Deny of a service control policy',
      'with an explicit deny in a service control policy',
      { accounts: accountsWith(mayAll, { serviceControlPolicies: [noPush] }) },
    ],
  ])('The refusal has the wording of AWS when the reason is %s', async (_, reason, given) => {
    const { sentence } = await accessOver(given)
    expect(await sentence('ecr:PutImage')).toBe(refused(reason))
  })

  it.each([
    ['because no session policy allows the ecr:PutImage action', onlyPull],
    ['with an explicit deny in a session policy', noPush],
  ])('A refusal caused by a session policy names the role session: %s', async (reason, policy) => {
    const { sentence } = await accessOver({ accounts: accountsWith({}) })
    const principal = sessionOf('ci', { policies: [JSON.stringify(policy)] })
    expect(await sentence('ecr:PutImage', { principal })).toBe(
      refused(reason, `arn:aws:sts::${own}:assumed-role/ci/build`),
    )
    expect(await sentence('ecr:PutImage', { principal: sessionOf('ci') })).toBeUndefined()
  })

  it('A caller allowed only by its own account is refused because no resource-based policy of the other account allows it', async () => {
    const { sentence } = await accessOver({ accounts: accountsWith({}) })
    expect(await sentence('ecr:PutImage', guest)).toBe(
      refused('because no resource-based policy allows the ecr:PutImage action', userArn('guest', other)),
    )
  })

  it('Refusals repeat word for word messages recorded from the real service', async () => {
    const account = '831646886084'
    const theirs = { account: '709825985650', region: 'us-east-1' }
    const users = { 'terraform-admin': { policies: [document(allow('ecr:Describe*'))] } }
    const { sentence } = await accessOver({ accounts: { [account]: { users } } })
    const principal = user('terraform-admin', account)
    const list = { principal, registry: theirs, resources: [repositoryArn(theirs, '*')] }
    expect(await sentence('ecr:DescribeRepositories', list)).toBe(
      'User: arn:aws:iam::831646886084:user/terraform-admin is not authorized to perform: ecr:DescribeRepositories on resource: arn:aws:ecr:us-east-1:709825985650:repository/* because no resource-based policy allows the ecr:DescribeRepositories action',
    )
    const images = { ...list, resources: [repositoryArn(theirs, 'bedrock-protected-agent')] }
    expect(await sentence('ecr:DescribeImages', images)).toMatch(
      / ecr:DescribeImages on resource: arn:aws:ecr:us-east-1:709825985650:repository\/bedrock-protected-agent because no resource-based policy allows the ecr:DescribeImages action$/,
    )
    expect(await sentence('ecr:GetAuthorizationToken', { resources: ['*'] })).toBe(
      `User: ${userArn('dev')} is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action`,
    )
  })

  it('A refusal is an AccessDeniedException', async () => {
    const { authorize } = await accessOver({})
    const asked = { principal: user('dev'), action: 'ecr:PutImage' as const, resources: ['*'], registry, request }
    await expect(authorize(asked)).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })
})

describe('A principal that no longer exists', () => {
  it('A principal that no longer exists is refused, whatever resource-based policies allow', async () => {
    const { sentence } = await accessOver({ repositoryPolicy: document(allow('ecr:*', everyone)) })
    expect(await sentence('ecr:BatchGetImage', { principal: user('gone') })).toContain('no identity-based policy')
    expect(await sentence('ecr:BatchGetImage', { principal: sessionOf('gone') })).toContain('no identity-based policy')
    expect(await sentence('ecr:BatchGetImage')).toBeUndefined()
  })
})

/** The outcome for each place a grant can stand in, for callers of the same account and of another account. */
describe('Grants', () => {
  const action: Action = 'ecr:BatchGetImage'
  const grant = document(allow(action, everyone))
  const mayNothing = accountsWith({})
  it.each<[string, Given, boolean, boolean]>([
    ['nowhere', { accounts: mayNothing }, false, false],
    ['by the identity', { accounts: accountsWith(mayAll) }, true, false],
    ['by the registry policy', { accounts: mayNothing, registryPolicy: grant }, true, true],
    ['by the repository policy', { accounts: mayNothing, repositoryPolicy: grant }, true, true],
  ])(
    'An action allowed %s is decided correctly for a caller of the same account and of another account',
    async (_, given, ownMay, guestMay) => {
      const { may } = await accessOver(given)
      expect(await may(action)).toBe(ownMay)
      expect(await may(action, guest)).toBe(guestMay)
      expect(await may(action, { principal: user('stranger', other) })).toBe(false)
    },
  )

  it('A grant in a repository policy applies to that repository in that Region only', async () => {
    const { may } = await accessOver({ repositoryPolicy: grant })
    const elsewhere = { ...registry, region: 'eu-west-1' }
    expect(await may(action)).toBe(true)
    expect(await may(action, { resources: [repositoryArn(registry, 'team/other')] })).toBe(false)
    expect(await may(action, { registry: elsewhere, resources: [repositoryArn(elsewhere, 'team/app')] })).toBe(false)
    expect(await may(action, { registry: elsewhere })).toBe(false)
  })

  it('A grant in a registry policy applies only to the resources it names', async () => {
    const Resource = repositoryArn(registry, 'team/*')
    const { may } = await accessOver({ registryPolicy: document(allow(action, { ...everyone, Resource })) })
    expect(await may(action)).toBe(true)
    expect(await may(action, { resources: [repositoryArn(registry, 'elsewhere')] })).toBe(false)
  })

  it('A request for several resources needs a grant on each of them', async () => {
    const { may, sentence } = await accessOver({ repositoryPolicy: grant })
    const resources = ['team/app', 'team/other'].map((name) => repositoryArn(registry, name))
    expect(await may(action, { resources })).toBe(false)
    expect(await sentence(action, { resources })).toContain('repository/team/other')
  })

  it('A registry policy that is one bare statement grants like one that is a whole document', async () => {
    const { may } = await accessOver({ registryPolicy: allow(action, everyone) })
    expect(await may(action)).toBe(true)
  })

  it('A change of a stored policy takes effect at once', async () => {
    const { may, store } = await accessOver({ repositoryPolicy: grant })
    expect(await may(action)).toBe(true)
    await store.repositoryPolicies.remove(registry, 'team/app')
    expect(await may(action)).toBe(false)
  })

  it.each([
    ['the registry policy', { registryPolicy: document(deny('ecr:*', everyone)) }],
    ['the repository policy', { repositoryPolicy: document(deny('ecr:*', everyone)) }],
  ])('A Deny in %s overrides the grant of an identity-based policy', async (_, policy) => {
    const { may } = await accessOver({ accounts: accountsWith(mayAll), ...policy })
    expect(await may(action)).toBe(false)
  })
})

describe('Actions that resource-based policies cannot grant', () => {
  const all = document(allow('ecr:*', everyone))
  const none = { resources: ['*'] }
  const toMake = { resources: [repositoryArn(registry, 'team/app')] }

  it.each<[string, Action, Partial<AccessRequest>, { registry: boolean; repository: boolean }]>([
    ['P15', 'ecr:CreatePullThroughCacheRule', none, { registry: false, repository: false }],
    ['P16', 'ecr:BatchImportUpstreamImage', toMake, { registry: true, repository: true }],
    ['P17', 'ecr:CreateRepository', toMake, { registry: true, repository: false }],
    ['login', 'ecr:GetAuthorizationToken', none, { registry: false, repository: false }],
  ])('%s: %s is granted only by the kinds of policy that AWS documents', async (_, action, rest, expected) => {
    const byRegistry = await accessOver({ registryPolicy: all })
    const byRepository = await accessOver({ repositoryPolicy: all })
    const byIdentity = await accessOver({ accounts: accountsWith({ policies: [document(allow(action))] }) })
    expect({
      registry: await byRegistry.may(action, rest),
      repository: await byRepository.may(action, rest),
      identity: await byIdentity.may(action, rest),
    }).toEqual({ ...expected, identity: true })
  })

  it.each<Action>(['ecr:CreatePullThroughCacheRule', 'ecr:GetAuthorizationToken'])(
    '%s can be denied by the registry policy although the policy cannot grant it',
    async (action) => {
      const registryPolicy = document(allow('ecr:*', everyone), deny(action, everyone))
      const { sentence } = await accessOver({ accounts: accountsWith(mayAll), registryPolicy })
      expect(await sentence(action, none)).toContain('with an explicit deny in a resource-based policy')
    },
  )

  it('A cache rule in another account’s registry is refused even if both accounts allow it', async () => {
    const { sentence } = await accessOver({ accounts: accountsWith({}), registryPolicy: all })
    expect(await sentence('ecr:CreatePullThroughCacheRule', { ...guest, ...none })).toContain(
      'because no resource-based policy allows the ecr:CreatePullThroughCacheRule action',
    )
  })

  it('A registry policy cannot grant an action of another service', async () => {
    const { may } = await accessOver({ registryPolicy: document(allow('*', everyone)) })
    expect(await may('iam:PassRole', { resources: [roleArn('ci')] })).toBe(false)
  })

  it('A role of another account cannot be passed, whatever the identity-based policies allow', async () => {
    const { may } = await accessOver({ accounts: accountsWith(mayAll) })
    expect(await may('iam:PassRole', { resources: [roleArn('ci')] })).toBe(true)
    expect(await may('iam:PassRole', { resources: [roleArn('ci', other)] })).toBe(false)
  })
})

it('GetAuthorizationToken is decided in the caller’s own account, whatever registry is addressed', async () => {
  const { may } = await accessOver({
    accounts: accountsWith({}),
    registryPolicy: document(deny('ecr:GetAuthorizationToken', everyone)),
  })
  expect(await may('ecr:GetAuthorizationToken', { ...guest, resources: ['*'] })).toBe(true)
})

describe('The scope of the registry policy', () => {
  const registryPolicy = document(allow('ecr:*', everyone))
  const denying = { accounts: accountsWith(mayAll), registryPolicy: document(deny('ecr:*', everyone)) }
  const scoped: Action[] = ['ecr:ReplicateImage', 'ecr:BatchImportUpstreamImage', 'ecr:CreateRepository']

  it('The registry policy covers every action unless the account setting restricts it', async () => {
    for (const scope of [undefined, 'V2'] as const) {
      const { may } = await accessOver({ registryPolicy, ...(scope && { scope }) })
      for (const action of [...scoped, 'ecr:PutImage'] as const) expect(await may(action)).toBe(true)
    }
  })

  it('A registry policy with scope V1 grants and denies three actions only', async () => {
    const granting = await accessOver({ registryPolicy, scope: 'V1' })
    const refusing = await accessOver({ ...denying, scope: 'V1' })
    for (const action of scoped) {
      expect([await granting.may(action), await refusing.may(action)]).toEqual([true, false])
    }
    for (const action of ['ecr:PutImage', 'ecr:CreatePullThroughCacheRule'] as const) {
      expect([await granting.may(action), await refusing.may(action)]).toEqual([false, true])
    }
  })
})

describe('Resource tags in conditions', () => {
  const tagged = (key: string) => document(allow('ecr:*', { Condition: { StringEquals: { [key]: 'a' } } }))

  it.each(['aws:ResourceTag/team', 'ecr:ResourceTag/team', 'AWS:resourcetag/TEAM'])(
    'The tags of a repository decide through the condition key %s',
    async (key) => {
      const accounts = accountsWith({ policies: [tagged(key)] })
      expect(await (await accessOver({ accounts, tags: { team: 'a' } })).may('ecr:PutImage')).toBe(true)
      expect(await (await accessOver({ accounts, tags: { team: 'b' } })).may('ecr:PutImage')).toBe(false)
      expect(await (await accessOver({ accounts })).may('ecr:PutImage')).toBe(false)
    },
  )

  it('The tags of a repository are read only if a policy refers to them', async () => {
    const reads = async (policy: object) => {
      const { store, identities, decisions } = await accessOver({ accounts: accountsWith({ policies: [policy] }) })
      let count = 0
      const repositories = { ...store.repositories, get: async () => void count++ }
      const authorize = authorizer({ store: { ...store, repositories }, identities, decisions })
      const resources = [repositoryArn(registry, 'team/app')]
      await isAllowed(authorize, { principal: user('dev'), action: 'ecr:PutImage', resources, registry, request })
      return count
    }
    expect(await reads(document(allow('ecr:*')))).toBe(0)
    expect(await reads(tagged('aws:ResourceTag/team'))).toBe(1)
  })
})

it('Every decision is logged under its request with the policies it was made from', async () => {
  const repositoryPolicy = document(allow('ecr:BatchGetImage', everyone))
  const { may, decisions } = await accessOver({ repositoryPolicy })
  await may('ecr:BatchGetImage')
  await may('ecr:PutImage')
  expect(decisions.find('request-1')?.decisions).toMatchObject([
    {
      question: { action: 'ecr:BatchGetImage', resourceAccount: own },
      policies: { resource: [{ name: 'repository policy' }] },
      decision: { allowed: true, decidedBy: { policy: 'repository policy' } },
    },
    { question: { action: 'ecr:PutImage' }, decision: { allowed: false, type: 'identity-based policy' } },
  ])
})
