import { describe, expect, it } from 'vitest'
import { creationRoleCheck } from '../../src/access/creation-role-check.js'
import { accessFor } from '../support/access.js'
import { requestContext } from '../support/cache.js'
import { allowing } from '../support/registry.js'
import { trustingEcr } from '../support/templates.js'

const account = '123456789012'
const registry = { account, region: 'us-east-1' }
const roleArn = `arn:aws:iam::${account}:role/service/templates`
const use = { roleArn, registry, repository: 'prod/app', tags: [{ Key: 'team', Value: 'a' }] }
const repositoryArn = `arn:aws:ecr:us-east-1:${account}:repository/prod/app`
const trusting = (statement: object) => ({
  Version: '2012-10-17',
  Statement: [{ ...trustingEcr.Statement[0], ...statement }],
})
const conditional = (Condition: object) => trusting({ Condition })
const untrusted = `the trust policy of role ${roleArn} does not let ecr.amazonaws.com assume it`

/** The answer for a role with this trust policy and these identity policies, and the decisions made for it. */
async function checked(trustPolicy: object, policies: object[] = [allowing('ecr:*')], more: object = {}) {
  const accounts = { [account]: { roles: { templates: { path: '/service/', trustPolicy, policies, ...more } } } }
  const access = accessFor({ accounts })
  const reason = await access.checkCreationRole(use, requestContext)
  const { decisions = [] } = access.decisions.find(requestContext.requestId) ?? {}
  return { reason, decisions: decisions.map(({ question, decision }) => [question.action, decision.allowed]) }
}

describe('The custom role of a creation template', () => {
  it('A role with the trust policy and the permissions of the user guide can be used', async () => {
    const guide = allowing(['ecr:CreateRepository', 'ecr:ReplicateImage', 'ecr:TagResource'])
    expect(await checked(trustingEcr, [guide])).toEqual({
      reason: undefined,
      decisions: [
        ['sts:AssumeRole', true],
        ['ecr:CreateRepository', true],
        ['ecr:TagResource', true],
      ],
    })
  })

  it.each([
    ['everyone', trusting({ Principal: '*' })],
    ['several services', trusting({ Principal: { Service: ['ecs.amazonaws.com', 'ecr.amazonaws.com'] } })],
    ['this account', conditional({ StringEquals: { 'aws:SourceAccount': account } })],
    ['repositories', conditional({ ArnLike: { 'aws:SourceArn': `arn:aws:ecr:*:${account}:repository/prod/*` } })],
  ])('A role may be trusted for %s', async (_, trustPolicy) => {
    expect((await checked(trustPolicy)).reason).toBeUndefined()
  })

  it.each([
    ['another service', trusting({ Principal: { Service: 'ecs.amazonaws.com' } })],
    ['its own account', trusting({ Principal: { AWS: account } })],
    ['another account', conditional({ StringEquals: { 'aws:SourceAccount': '210987654321' } })],
    ['another action', trusting({ Action: 'sts:TagSession' })],
    [
      'nothing, by a denial',
      { Version: '2012-10-17', Statement: [...trustingEcr.Statement, { ...trustingEcr.Statement[0], Effect: 'Deny' }] },
    ],
  ])('A role that is trusted only for %s cannot be used', async (_, trustPolicy) => {
    expect(await checked(trustPolicy)).toEqual({ reason: untrusted, decisions: [['sts:AssumeRole', false]] })
  })

  it.each([
    ['ecr:CreateRepository', [allowing('ecr:TagResource')], {}],
    ['ecr:TagResource', [allowing('ecr:CreateRepository')], {}],
    ['ecr:CreateRepository', [allowing('ecr:*', 'arn:aws:ecr:*:*:repository/stage/*')], {}],
    ['ecr:CreateRepository', [allowing('ecr:*')], { permissionsBoundary: allowing('ecr:TagResource') }],
  ])('A role that lacks %s cannot be used', async (action, policies, more) => {
    expect((await checked(trustingEcr, policies, more)).reason).toBe(
      `role ${roleArn} is not allowed to perform ${action} on ${repositoryArn}`,
    )
  })

  it('A role may be limited to certain tags', async () => {
    const limited = (team: string) => ({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['ecr:CreateRepository', 'ecr:TagResource'],
          Resource: '*',
          Condition: {
            StringEquals: { 'aws:RequestTag/team': team },
            'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] },
          },
        },
      ],
    })
    expect((await checked(trustingEcr, [limited('a')])).reason).toBeUndefined()
    expect((await checked(trustingEcr, [limited('b')])).reason).toMatch(/ecr:CreateRepository/)
  })

  it('A template without tags needs only ecr:CreateRepository', async () => {
    const policies = [allowing('ecr:CreateRepository')]
    const accounts = { [account]: { roles: { templates: { path: '/service/', trustPolicy: trustingEcr, policies } } } }
    const { checkCreationRole } = accessFor({ accounts })
    expect(await checkCreationRole({ ...use, tags: [] }, requestContext)).toBeUndefined()
  })

  it('A role that is not configured cannot be used, unless access is relaxed', async () => {
    const access = accessFor({ accounts: { [account]: {} } })
    expect(await access.checkCreationRole(use, requestContext)).toBe(
      `there is no role ${roleArn}: define it in the configuration`,
    )
    const relaxed = creationRoleCheck({ ...access, auth: 'relaxed' })
    expect(await relaxed(use, requestContext)).toBeUndefined()
  })
})
