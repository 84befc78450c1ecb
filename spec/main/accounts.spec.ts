import { Ajv } from 'ajv'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { managedPolicies } from '../../src/access/managed-policies.js'
import { readConfig } from '../../src/config/read-config.js'
import { UsageError } from '../../src/config/usage-error.js'
import { runCli } from '../support/run-cli.js'

const folder = mkdtempSync(join(tmpdir(), 'ecr-local-accounts-'))
const path = join(folder, 'ecr-local.json')
afterAll(() => rmSync(folder, { recursive: true }))

const account = '111122223333'
const statement = { Effect: 'Allow', Action: 'ecr:*', Resource: '*' }
const documentOf = (Statement: unknown) => ({ Version: '2012-10-17', Statement })
const policy = documentOf([statement])
const trustPolicy = documentOf([{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }])

/** The refusal of a file with this account, without the name of the file and the account. */
function refusalOf(content: unknown): string {
  writeFileSync(path, JSON.stringify({ accounts: { [account]: content } }))
  try {
    readConfig({ config: path }, {})
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return (error as Error).message.replace(`${path}: /accounts/${account}`, '')
  }
  throw new Error('was accepted')
}

const user = (dev: unknown) => ({ users: { dev } })
const role = (ci: object) => ({ roles: { ci: { trustPolicy, ...ci } } })

describe('invalid account settings', () => {
  it.each([
    [user({ policies: policy }), '/users/dev/policies must be an array, not an object'],
    [
      user({ policies: [1] }),
      '/users/dev/policies/0 must be a policy document or the name of a managed policy, not a number',
    ],
    [
      user({ permissionsBoundary: [] }),
      '/users/dev/permissionsBoundary must be a policy document or the name of a managed policy, not an array',
    ],
    [
      user({ polices: [] }),
      '/users/dev/polices is not a setting; there are accessKeys, policies, permissionsBoundary, tags',
    ],
    [user({ tags: { team: 1 } }), '/users/dev/tags/team must be a string, not a number'],
    [{ users: { 'a b': {} } }, '/users/a b is not an IAM user name: up to 64 letters, digits and _+=,.@-'],
    [{ roles: { ci: {} } }, '/roles/ci/trustPolicy is missing'],
    [{ roles: { 'a/b': { trustPolicy } } }, '/roles/a/b is not an IAM role name: up to 64 letters, digits and _+=,.@-'],
    [role({ trustPolicy: 'x' }), '/roles/ci/trustPolicy must be an object, not a string'],
    [
      role({ path: 'build' }),
      '/roles/ci/path must begin and end with / and not be under /aws-service-role/, which is for services',
    ],
    [
      role({ path: '/aws-service-role/x/' }),
      '/roles/ci/path must begin and end with / and not be under /aws-service-role/, which is for services',
    ],
    [
      role({ maxSessionDurationSeconds: 60 }),
      '/roles/ci/maxSessionDurationSeconds must be a whole number from 900 to 43200',
    ],
    [
      role({ maxSessionDurationSeconds: '1h' }),
      '/roles/ci/maxSessionDurationSeconds must be a whole number from 900 to 43200, not a string',
    ],
    [{ serviceControlPolicies: policy }, '/serviceControlPolicies must be an array, not an object'],
    [{ serviceControlPolicies: ['x'] }, '/serviceControlPolicies/0 must be an object, not a string'],
    [
      user({ accessKeys: { ASIAEXAMPLE: 's' } }),
      "/users/dev/accessKeys/… is not the id of a user's access key: letters, digits and _, and not ASIA at the beginning, which is for temporary credentials",
    ],
  ])('An invalid account setting is refused with its place and rule: %j', (content, message) => {
    expect(refusalOf(content)).toBe(message)
  })
})

describe('invalid policy documents', () => {
  const bad = { ...statement, Effect: 'Permit' }
  it.each([
    [
      user({ policies: [documentOf([statement, bad])] }),
      '/users/dev/policies/0/Statement/1/Effect must be Allow or Deny, not ',
    ],
    [
      user({ permissionsBoundary: documentOf(bad) }),
      '/users/dev/permissionsBoundary/Statement/Effect must be Allow or Deny, not ',
    ],
    [
      role({ policies: [policy, documentOf([{ ...statement, Action: 'Pull' }])] }),
      '/roles/ci/policies/1/Statement/0/Action must be ',
    ],
    [role({ trustPolicy: policy }), '/roles/ci/trustPolicy/Statement/0'],
    [
      user({ policies: [documentOf([1, 2].map(() => ({ ...statement, Sid: 'Pull' })))] }),
      '/users/dev/policies/0/Statement/1/Sid must be another than Pull',
    ],
    [
      user({ policies: [documentOf({ ...statement, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/99' } } })] }),
      '/users/dev/policies/0/Statement/Condition/IpAddress/aws:SourceIp must be an address or a range such as ',
    ],
    [
      { serviceControlPolicies: [{ ...policy, Version: '2012' }] },
      '/serviceControlPolicies/0/Version must be 2012-10-17 or 2008-10-17',
    ],
    [user({ policies: [{ Version: '2012-10-17' }] }), '/users/dev/policies/0/Statement must be there'],
    [
      user({ policies: ['AmazonS3FullAccess'] }),
      '/users/dev/policies/0 must be a policy document or one of the managed policies AmazonEC2ContainerRegistryFullAccess, ',
    ],
  ])('An invalid policy is refused with its place in the file: %j', (content, message) => {
    expect(refusalOf(content).startsWith(message)).toBe(true)
  })

  it('An invalid policy stops the start with exit status 2', async () => {
    const content = user({ policies: [documentOf([bad])] })
    writeFileSync(path, JSON.stringify({ accounts: { [account]: content } }))
    const { code, stdout, stderr } = await runCli(['start', '--config', path], { cwd: folder, env: {} })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(
      `${path}: /accounts/${account}/users/dev/policies/0/Statement/0/Effect must be Allow or Deny`,
    )
  })

  it('A policy with an empty list of statements is accepted', () => {
    writeFileSync(path, JSON.stringify({ accounts: { [account]: user({ policies: [documentOf([])] }) } }))
    expect(() => readConfig({ config: path }, {})).not.toThrow()
  })
})

describe('secrets in refusals', () => {
  const shared = { accessKeys: { AKIASHARED: 'HIDDEN' } }
  const swapped = { accessKeys: { HIDDENHIDDEN: 'AKIASHARED' } }
  const hub = 'ecr-pullthroughcache/hub'

  it.each<unknown>([
    'HIDDEN',
    { HIDDEN: 'AKIA' },
    { users: 'HIDDEN' },
    { users: ['HIDDEN'] },
    { users: { HIDDEN: 'AKIA' } },
    { users: { 'HIDDEN/+': 'AKIA' } },
    { users: { AKIA: 'HIDDEN' } },
    user('HIDDEN'),
    user({ AKIA: 'HIDDEN' }),
    user({ HIDDEN: 'AKIA' }),
    user({ 'HID/HIDDEN': 'AKIA' }),
    user({ 'HID~HIDDEN': 'AKIA' }),
    user({ accessKeys: 'HIDDEN' }),
    user({ accessKeys: ['HIDDEN'] }),
    user({ accessKeys: { AKIA: ['HIDDEN'] } }),
    user({ accessKeys: { AKIA: { secret: 'HIDDEN' } } }),
    user({ accessKeys: { 'HIDDEN/+': 'AKIA' } }),
    user({ accessKeys: { HIDDEN: '' } }),
    user({ accessKeys: { ASIAHIDDEN: 'HIDDEN' } }),
    user({ policies: 'HIDDEN' }),
    user({ policies: ['HIDDEN'] }),
    user({ policies: [{ accessKeys: { AKIA: 'HIDDEN' } }] }),
    user({ permissionsBoundary: 'HIDDEN' }),
    user({ tags: 'HIDDEN' }),
    user({ tags: { secret: ['HIDDEN'] } }),
    { users: { dev: shared, ci: shared } },
    { users: { dev: swapped, ci: swapped } },
    { roles: 'HIDDEN' },
    { roles: { HIDDEN: 'x' } },
    { roles: { ci: 'HIDDEN' } },
    role({ HIDDEN: 'x' }),
    role({ accessKeys: { AKIA: 'HIDDEN' } }),
    role({ trustPolicy: 'HIDDEN' }),
    role({ path: 'HIDDEN' }),
    role({ maxSessionDurationSeconds: 'HIDDEN' }),
    { serviceControlPolicies: 'HIDDEN' },
    { serviceControlPolicies: ['HIDDEN'] },
    { secrets: 'HIDDEN' },
    { secrets: { HIDDEN: 'hub' } },
    { secrets: { [hub]: 'HIDDEN' } },
    { secrets: { [hub]: { username: 'u', accessToken: ['HIDDEN'] } } },
    { secrets: { [hub]: { username: ['HIDDEN'], accessToken: 'HIDDEN' } } },
    { secrets: { [hub]: { username: 'u', HIDDEN: 'accessToken' } } },
    { secrets: { [hub]: { accessToken: 'HIDDEN' } } },
  ])('The refusal of an invalid account shows no secret: %j', (content) => {
    expect(refusalOf(content)).not.toContain('HIDDEN')
  })
})

describe('published schema of accounts', () => {
  const schema = JSON.parse(readFileSync(new URL('../../ecr-local.schema.json', import.meta.url), 'utf8')) as {
    definitions: { managedPolicy: { enum: string[] } }
  }
  const seedSchema = JSON.parse(readFileSync(new URL('../../seed.schema.json', import.meta.url), 'utf8')) as object
  const inEditor = new Ajv({ strict: false }).addSchema(seedSchema, 'seed.schema.json').compile(schema)
  const accepted = (content: unknown) => inEditor({ accounts: { [account]: content } })

  it('The published schema and the start accept the example of the access guide', () => {
    const guide = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8')
    const example = /^```json\n(.*?)^```/ms.exec(guide)?.[1] ?? ''
    expect(inEditor(JSON.parse(example))).toBe(true)
    writeFileSync(path, example)
    expect(Object.keys(readConfig({ config: path }, {}).accounts ?? {})).toEqual([account])
  })

  it('The published schema names exactly the managed policies that the code knows', () => {
    const known = Object.values(managedPolicies)
    expect(schema.definitions.managedPolicy.enum).toEqual([
      ...known.map(({ name }) => name),
      ...known.map(({ arn }) => arn),
    ])
  })

  it.each([
    user({ policies: [policy, documentOf(statement), documentOf([]), 'AmazonEC2ContainerRegistryPullOnly'] }),
    user({
      policies: [
        {
          Statement: {
            ...statement,
            Sid: 'All',
            Action: ['ecr:*'],
            Condition: { Bool: { 'aws:SecureTransport': true } },
          },
        },
      ],
    }),
    user({ permissionsBoundary: documentOf({ Effect: 'Deny', NotAction: 'ecr:*', NotResource: ['*'] }) }),
    role({ trustPolicy: documentOf({ Effect: 'Allow', Principal: '*', Action: 'sts:*' }) }),
    role({
      trustPolicy: documentOf({ Effect: 'Deny', Principal: { Service: ['a.amazonaws.com'] }, NotAction: 'sts:*' }),
    }),
    { serviceControlPolicies: [{ ...policy, Version: '2008-10-17', Id: 'x' }] },
  ])('The published schema and the start accept %j', (content) => {
    expect(accepted(content)).toBe(true)
    writeFileSync(path, JSON.stringify({ accounts: { [account]: content } }))
    expect(() => readConfig({ config: path }, {})).not.toThrow()
  })

  it.each([
    user({ policies: ['AmazonS3FullAccess'] }),
    user({ policies: [{ ...policy, Version: '2012' }] }),
    user({ policies: [documentOf({ ...statement, Effect: 'Permit' })] }),
    user({ policies: [documentOf({ ...statement, Effects: 'Allow' })] }),
    user({ policies: [documentOf({ ...statement, Principal: '*' })] }),
    user({ policies: [documentOf({ ...statement, NotAction: 'ecr:*' })] }),
    user({ policies: [documentOf({ Effect: 'Allow', Action: 'ecr:*' })] }),
    user({ policies: [documentOf({ ...statement, Condition: { Bool: true } })] }),
    user({ policies: [documentOf({ ...statement, Sid: 'Pull images' })] }),
    user({ policies: [documentOf({ ...statement, Action: [] })] }),
    user({ policies: [documentOf({ ...statement, Resource: [] })] }),
    user({ policies: [documentOf({ ...statement, Condition: { Bool: { 'aws:SecureTransport': [] } } })] }),
    role({ trustPolicy: documentOf({ Effect: 'Allow', Principal: { AWS: [] }, Action: 'sts:*' }) }),
    role({ trustPolicy: policy }),
    role({ trustPolicy: documentOf({ Effect: 'Deny', NotPrincipal: { AWS: account }, Action: 'sts:*' }) }),
    role({ trustPolicy: documentOf({ Effect: 'Allow', Principal: { Aws: account }, Action: 'sts:*' }) }),
    { serviceControlPolicies: ['AmazonEC2ContainerRegistryReadOnly'] },
  ])('The published schema and the start refuse %j', (content) => {
    expect(accepted(content)).toBe(false)
    expect(refusalOf(content)).toMatch(/^\/(users|roles|serviceControlPolicies)\//)
  })
})
