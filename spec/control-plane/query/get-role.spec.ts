import { CreatePullThroughCacheRuleCommand, PutReplicationConfigurationCommand } from '@aws-sdk/client-ecr'
import { expect, it } from 'vitest'
import { account, type EmulatorOptions, startEmulator } from '../../support/emulator.js'
import { developer, type Key, queryCall } from '../../support/query-call.js'

const trustPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' }],
}
const allow = (Action: string | string[], more: object = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*', ...more }],
})
const accounts: NonNullable<EmulatorOptions['accounts']> = {
  [account]: {
    users: {
      developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies: [allow(['ecr:*', 'iam:GetRole'])] },
      nobody: { accessKeys: { AKIDNOBODY: 'secret' } },
      'sees-a': {
        accessKeys: { AKIDSEESA: 'secret' },
        policies: [allow('iam:GetRole', { Condition: { StringEquals: { 'iam:ResourceTag/team': 'a' } } })],
      },
    },
    roles: {
      ci: { trustPolicy, path: '/build/', maxSessionDurationSeconds: 7200, tags: { team: 'a' } },
      plain: { trustPolicy },
    },
  },
  '210987654321': { roles: { theirs: { trustPolicy } } },
}

type Emulator = Awaited<ReturnType<typeof startEmulator>>
const start = () => startEmulator({ accounts })
const keyOf = (accessKeyId: string): Key => ({ accessKeyId, secretAccessKey: 'secret' })
const getRole = ({ endpoint }: Emulator, RoleName: string, key = developer) =>
  queryCall(endpoint, { service: 'iam', members: { Action: 'GetRole', Version: '2010-05-08', RoleName }, key })
const textOf = (xml: string, element: string) => new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1]

const serviceLinked = 'AWSServiceRoleForECRPullThroughCache'

it('GetRole returns a role of the configuration', async () => {
  await using emulator = await start()
  const { status, text } = await getRole(emulator, 'ci')
  expect(status).toBe(200)
  expect(text).toMatch(
    /^<GetRoleResponse xmlns="https:\/\/iam\.amazonaws\.com\/doc\/2010-05-08\/"><GetRoleResult><Role>/,
  )
  expect(textOf(text, 'Arn')).toBe(`arn:aws:iam::${account}:role/build/ci`)
  expect(textOf(text, 'Path')).toBe('/build/')
  expect(textOf(text, 'RoleName')).toBe('ci')
  expect(textOf(text, 'RoleId')).toMatch(/^AROA[A-Z2-7]{17}$/)
  expect(textOf(text, 'CreateDate')).toBe('1970-01-01T00:00:00Z')
  expect(textOf(text, 'MaxSessionDuration')).toBe('7200')
  expect(text).toContain('<Tags><member><Key>team</Key><Value>a</Value></member></Tags>')
  const document = textOf(text, 'AssumeRolePolicyDocument') ?? ''
  expect(document).toMatch(/^[\w.~%-]+$/)
  expect(JSON.parse(decodeURIComponent(document))).toEqual(trustPolicy)
})

it('GetRole returns the service-linked role of replication once replication was configured', async () => {
  await using emulator = await start()
  const role = 'AWSServiceRoleForECRReplication'
  expect((await getRole(emulator, role)).status).toBe(404)
  const nothing = new PutReplicationConfigurationCommand({ replicationConfiguration: { rules: [] } })
  await emulator.as(developer.accessKeyId).send(nothing)
  const { status, text } = await getRole(emulator, role)
  expect(status).toBe(200)
  const path = '/aws-service-role/replication.ecr.amazonaws.com/'
  expect(textOf(text, 'Arn')).toBe(`arn:aws:iam::${account}:role${path}${role}`)
  expect(textOf(text, 'Path')).toBe(path)
  expect(decodeURIComponent(textOf(text, 'AssumeRolePolicyDocument') ?? '')).toContain('replication.ecr.amazonaws.com')
})

it('GetRole returns the service-linked role once the first pull through cache rule exists', async () => {
  await using emulator = await start()
  const before = await getRole(emulator, serviceLinked)
  expect(before.status).toBe(404)
  expect(textOf(before.text, 'Code')).toBe('NoSuchEntity')
  expect(textOf(before.text, 'Message')).toBe(`The role with name ${serviceLinked} cannot be found.`)

  const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
  await emulator.ecr.send(new CreatePullThroughCacheRuleCommand(rule))
  const { status, text } = await getRole(emulator, serviceLinked)
  expect(status).toBe(200)
  const service = 'pullthroughcache.ecr.amazonaws.com'
  expect(textOf(text, 'Arn')).toBe(`arn:aws:iam::${account}:role/aws-service-role/${service}/${serviceLinked}`)
  expect(textOf(text, 'Path')).toBe(`/aws-service-role/${service}/`)
  expect(textOf(text, 'CreateDate')).toBe('2026-01-02T03:04:05Z')
  expect(decodeURIComponent(textOf(text, 'AssumeRolePolicyDocument') ?? '')).toContain(`{"Service":"${service}"}`)
})

it.each(['missing', 'theirs'])('GetRole does not find the role %s', async (name) => {
  await using emulator = await start()
  const { status, text } = await getRole(emulator, name)
  expect([status, textOf(text, 'Message')]).toEqual([404, `The role with name ${name} cannot be found.`])
})

it.each([
  ['plain', 'plain'],
  ['ci', 'build/ci'],
  ['missing', 'missing'],
])('GetRole without permission is refused for the role %s, whether it exists or not', async (name, path) => {
  await using emulator = await start()
  const { status, text } = await getRole(emulator, name, keyOf('AKIDNOBODY'))
  expect([status, textOf(text, 'Code')]).toEqual([403, 'AccessDenied'])
  expect(textOf(text, 'Message')).toBe(
    `User: arn:aws:iam::${account}:user/nobody is not authorized to perform: iam:GetRole on resource: arn:aws:iam::${account}:role/${path} because no identity-based policy allows the iam:GetRole action`,
  )
})

it('The permission for GetRole may depend on the tags of the role', async () => {
  await using emulator = await start()
  expect((await getRole(emulator, 'ci', keyOf('AKIDSEESA'))).status).toBe(200)
  expect((await getRole(emulator, 'plain', keyOf('AKIDSEESA'))).status).toBe(403)
})

it('The decision on GetRole is recorded for explanations', async () => {
  await using emulator = await start()
  const { headers } = await getRole(emulator, 'plain', keyOf('AKIDNOBODY'))
  const remembered = emulator.deps.decisions.find(String(headers['x-amzn-requestid']))
  expect(remembered?.end).toMatchObject({ operation: 'GetRole', refusal: { code: 'AccessDeniedException' } })
  expect(remembered?.decisions.map(({ question }) => question.action)).toEqual(['iam:GetRole'])
})

it('GetRole refuses a name that no role can have', async () => {
  await using emulator = await start()
  const { status, text } = await getRole(emulator, 'a b')
  expect([status, textOf(text, 'Code')]).toEqual([400, 'ValidationError'])
  expect(textOf(text, 'Message')).toBe(
    'The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
  )
})

it('GetRole is refused for the credentials of GetSessionToken', async () => {
  await using emulator = await start()
  const members = { Action: 'GetSessionToken', Version: '2011-06-15' }
  const { text } = await queryCall(emulator.endpoint, { service: 'sts', members })
  const elements = ['AccessKeyId', 'SecretAccessKey', 'SessionToken']
  const [accessKeyId = '', secretAccessKey = '', sessionToken = ''] = elements.map((element) => textOf(text, element))
  const refused = await getRole(emulator, 'ci', { accessKeyId, secretAccessKey, sessionToken })
  expect([refused.status, textOf(refused.text, 'Code')]).toEqual([403, 'InvalidClientTokenId'])
})
