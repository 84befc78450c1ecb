import { describe, expect, it } from 'vitest'
import { anonymousPrincipal } from '../../src/access/anonymous.js'
import { asksForResourceTags, type ConditionFacts, conditionValues } from '../../src/access/condition-keys.js'
import { membershipsIn } from '../../src/access/organization.js'
import type { Principal } from '../../src/registry/principal.js'

const account = '111122223333'
const dev: Principal = { arn: `arn:aws:iam::${account}:user/dev`, account, userId: 'AIDAEXAMPLE' }
const root: Principal = { arn: `arn:aws:iam::${account}:root`, account, userId: account }
const build: Principal = {
  arn: `arn:aws:sts::${account}:assumed-role/ci/build`,
  account,
  userId: 'AROAEXAMPLE:build',
  session: { roleArn: `arn:aws:iam::${account}:role/ci`, tags: { Team: 'of the session' } },
}
const facts: ConditionFacts = {
  principal: dev,
  identity: { tags: {}, userName: 'dev' },
  request: {
    requestId: 'request-1',
    at: Date.parse('2026-01-02T03:04:05.678Z'),
    sourceIp: '192.0.2.7',
    userAgent: 'aws-cli/2',
    isSecure: true,
    isFips: false,
  },
  registry: { account: '444455556666', region: 'eu-west-1' },
  resourceAccount: '444455556666',
  membershipOf: membershipsIn({ id: 'o-a1b2c3d4e5', accounts: { [account]: 'r-ab12/ou-ab12-11111111' } }),
}

describe('The values of condition keys', () => {
  it.each([
    ['aws:principalarn', dev.arn],
    ['aws:principalaccount', account],
    ['aws:principaltype', 'User'],
    ['aws:userid', 'AIDAEXAMPLE'],
    ['aws:username', 'dev'],
    ['aws:sourceip', '192.0.2.7'],
    ['aws:useragent', 'aws-cli/2'],
    ['aws:securetransport', 'true'],
    ['aws:currenttime', '2026-01-02T03:04:05.678Z'],
    ['aws:epochtime', '1767323045'],
    ['aws:requestedregion', 'eu-west-1'],
    ['aws:resourceaccount', '444455556666'],
    ['aws:tokenissuetime', undefined],
    ['aws:calledvia', undefined],
    ['aws:principalorgid', 'o-a1b2c3d4e5'],
    ['aws:resourceorgid', undefined],
    ['aws:resourceorgpaths', undefined],
    ['aws:principalisawsservice', 'false'],
    ['aws:viaawsservice', 'false'],
    ['aws:multifactorauthpresent', undefined],
    ['aws:sourcevpc', undefined],
    ['aws:sourcevpce', undefined],
    ['aws:vpcsourceip', undefined],
    ['aws:sourceorgid', undefined],
    ['aws:principalservicename', undefined],
  ])('The condition key %s of a user’s request is %s', (key, value) => {
    expect(conditionValues(facts)[key]).toBe(value)
  })

  it('The organization paths of caller and resource are given when the organization places their account', () => {
    const paths = ['o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/']
    const values = conditionValues({ ...facts, resourceAccount: account })
    expect(values).toMatchObject({ 'aws:principalorgpaths': paths, 'aws:resourceorgpaths': paths })
    expect(values['aws:resourceorgid']).toBe('o-a1b2c3d4e5')
  })

  it('The organization paths are missing when the organization does not place its accounts, all of which are then members', () => {
    const values = conditionValues({ ...facts, membershipOf: membershipsIn({ id: 'o-a1b2c3d4e5' }) })
    expect(values).toMatchObject({ 'aws:principalorgid': 'o-a1b2c3d4e5', 'aws:resourceorgid': 'o-a1b2c3d4e5' })
    expect(values['aws:principalorgpaths']).toBeUndefined()
  })

  it('The condition keys of a caller without credentials give neither ARN, account nor organization', () => {
    const values = conditionValues({ ...facts, principal: anonymousPrincipal(), identity: undefined })
    expect(values).toMatchObject({ 'aws:principaltype': 'Anonymous', 'aws:sourceip': '192.0.2.7' })
    expect(Object.keys(values).filter((key) => /principal(arn|account|org)/.test(key))).toEqual([])
  })

  it('The condition keys of a role session are those of its role, except for the user id', () => {
    expect(conditionValues({ ...facts, principal: build, identity: { tags: {} } })).toMatchObject({
      'aws:principalarn': `arn:aws:iam::${account}:role/ci`,
      'aws:principaltype': 'AssumedRole',
      'aws:userid': 'AROAEXAMPLE:build',
      'aws:username': undefined,
    })
  })

  it('aws:SourceIdentity is that of the session', () => {
    const valueOf = (session: Principal['session']) =>
      conditionValues({ ...facts, principal: { ...dev, ...(session && { session }) } })['aws:sourceidentity']
    expect([valueOf({ sourceIdentity: 'alice' }), valueOf({}), valueOf(undefined)]).toEqual([
      'alice',
      undefined,
      undefined,
    ])
  })

  it('aws:TokenIssueTime is the time at which temporary credentials were issued', () => {
    const session = { issuedAt: Date.UTC(2026, 0, 2) }
    const values = conditionValues({ ...facts, principal: { ...dev, session } })
    expect(values['aws:tokenissuetime']).toBe('2026-01-02T00:00:00.000Z')
  })

  it('aws:PrincipalType distinguishes the account’s root from a user with a session', () => {
    const typeOf = (principal: Principal) => conditionValues({ ...facts, principal })['aws:principaltype']
    expect(typeOf(root)).toBe('Account')
    expect(typeOf({ ...dev, session: {} })).toBe('User')
  })

  it('The tags of a session override those of its role', () => {
    const values = conditionValues({
      ...facts,
      principal: build,
      identity: { tags: { team: 'of the role', Cost: '1' } },
    })
    expect(values).toMatchObject({ 'aws:principaltag/team': 'of the session', 'aws:principaltag/cost': '1' })
  })

  it('The tags of the resource have values under aws:ResourceTag and ecr:ResourceTag', () => {
    const values = conditionValues({ ...facts, resourceTags: { Stage: 'test' } })
    expect(values).toMatchObject({ 'aws:resourcetag/stage': 'test', 'ecr:resourcetag/stage': 'test' })
    expect(conditionValues(facts)).not.toHaveProperty(['aws:resourcetag/stage'])
  })

  it('Condition values that an action adds are found under lower-case keys', () => {
    const conditions = { 'aws:RequestTag/Team': 'a', 'aws:TagKeys': ['Team'], 'ecr:AccountSetting': 'BLOB_MOUNTING' }
    expect(conditionValues({ ...facts, conditions })).toMatchObject({
      'aws:requesttag/team': 'a',
      'aws:tagkeys': ['Team'],
      'ecr:accountsetting': 'BLOB_MOUNTING',
    })
  })

  it('A request without address and user agent has no value for either condition key', () => {
    const values = conditionValues({ ...facts, request: { ...facts.request, sourceIp: '', userAgent: '' } })
    expect([values['aws:sourceip'], values['aws:useragent']]).toEqual([undefined, undefined])
  })
})

it('Resource tags are needed if a policy uses either of their condition keys', () => {
  const asks = (...keys: string[]) => asksForResourceTags(new Set(keys))
  expect([asks('aws:resourcetag/a'), asks('aws:sourceip', 'ecr:resourcetag/a')]).toEqual([true, true])
  expect([asks(), asks('aws:requesttag/a', 'aws:principaltag/a')]).toEqual([false, false])
})
