import { DescribeImagesCommand, ListImagesCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { authorizer } from '../../src/access/authorizer.js'
import type { Accounts } from '../../src/access/credentials.js'
import { decisionLog } from '../../src/access/explain/decision-log.js'
import { identitiesIn } from '../../src/access/identities.js'
import type { ConfiguredOrganization } from '../../src/access/organization.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeOf } from '../../src/store/store-of.js'
import { account, startEmulator } from '../support/emulator.js'
import { createRepository } from '../support/push.js'

const member = '444455556666'
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const userWith = (key: string) => ({ users: { admin: { accessKeys: { [key]: 'secret' }, policies: [everything] } } })
const inOrganization = { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } }
const trustPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole', Condition: inOrganization }],
}
const accounts: Accounts = {
  [account]: { ...userWith('AKIDOWNER'), roles: { shared: { trustPolicy } } },
  [member]: userWith('AKIDMEMBER'),
}
const place = 'r-ab12/ou-ab12-11111111/ou-ab12-22222222'

/** The access control of an emulator whose accounts belong to this organization. */
function accessIn(organization: ConfiguredOrganization | undefined) {
  const store = storeOf(memoryKeyValue())
  const [identities, decisions] = [identitiesIn(accounts, 'strict', organization), decisionLog()]
  return { store, identities, decisions, authorize: authorizer({ store, identities, decisions }) }
}

/** Whether a repository policy with this condition lets a user of another account list the images. */
async function pullUnder(Condition: object, organization?: ConfiguredOrganization): Promise<'allowed' | 'denied'> {
  await using emulator = await startEmulator(accessIn(organization))
  const owner = emulator.as('AKIDOWNER')
  await createRepository(owner)
  const statement = { Effect: 'Allow', Principal: '*', Action: 'ecr:ListImages', Condition }
  const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  await owner.send(new SetRepositoryPolicyCommand({ repositoryName: 'team/app', policyText }))
  const shared = { repositoryName: 'team/app', registryId: account }
  const stranger = emulator.as('AKIDMEMBER')
  await expect(stranger.send(new DescribeImagesCommand(shared))).rejects.toThrow('is not authorized')
  return await stranger.send(new ListImagesCommand(shared)).then(
    () => 'allowed',
    (error: Error) => (error.name === 'AccessDeniedException' ? 'denied' : Promise.reject(error)),
  )
}

describe('repository shared with an organization', () => {
  const below = { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*' } }
  const same = { StringEquals: { 'aws:ResourceOrgID': '${aws:PrincipalOrgID}' } }
  const id = 'o-a1b2c3d4e5'

  it.each<[string, 'allowed' | 'denied', object, ConfiguredOrganization | undefined]>([
    ['is not open when no organization is configured', 'denied', inOrganization, undefined],
    ['is open to every account when the configuration names none', 'allowed', inOrganization, { id }],
    ['is not open to another organization', 'denied', inOrganization, { id: 'o-zzzzzzzzzz' }],
    ['is open to a member', 'allowed', inOrganization, { id, accounts: { [member]: place } }],
    ['is not open to an account outside it', 'denied', inOrganization, { id, accounts: { [account]: 'r-ab12' } }],
    ['is open to a member below an organizational unit', 'allowed', below, { id, accounts: { [member]: `${place}/` } }],
    ['is not open to a member elsewhere', 'denied', below, { id, accounts: { [member]: 'r-ab12' } }],
    ['is open when caller and owner belong to the same organization', 'allowed', same, { id }],
    ['is not open when its owner belongs to no organization', 'denied', same, { id, accounts: { [member]: place } }],
  ])('A repository shared with an organization %s', async (_, outcome, condition, organization) => {
    expect(await pullUnder(condition, organization)).toBe(outcome)
  })

  it.each<[string, ConfiguredOrganization, string]>([
    ['allows a member', { id }, 'shared'],
    ['does not allow an account outside it', { id, accounts: { [account]: 'r-ab12' } }, 'AccessDenied'],
  ])('A trust policy for the organization %s', async (_, organization, outcome) => {
    await using emulator = await startEmulator(accessIn(organization))
    const credentials = { accessKeyId: 'AKIDMEMBER', secretAccessKey: 'secret' }
    const sts = new STSClient({ endpoint: emulator.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
    const call = { RoleArn: `arn:aws:iam::${account}:role/shared`, RoleSessionName: 'session' }
    const name = await sts.send(new AssumeRoleCommand(call)).then(
      ({ AssumedRoleUser }) => AssumedRoleUser?.Arn?.split('/')[1],
      (error: Error) => error.name,
    )
    expect(name).toBe(outcome)
  })

  it('A caller is never an AWS service and never comes through a VPC endpoint', async () => {
    expect(await pullUnder({ Bool: { 'aws:PrincipalIsAWSService': 'true' } })).toBe('denied')
    expect(await pullUnder({ Bool: { 'aws:PrincipalIsAWSService': 'false' } })).toBe('allowed')
    expect(await pullUnder({ StringEquals: { 'aws:SourceVpce': 'vpce-1a2b3c4d' } })).toBe('denied')
  })
})
