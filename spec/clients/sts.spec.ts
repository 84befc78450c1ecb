import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awsCli } from '../support/aws-cli.js'
import { describeWith } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { isInstalled } from '../support/system-tools.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/* Temporary credentials as clients request and use them, with the emulator in a separate process. */

const account = '111122223333'
const roleArn = `arn:aws:iam::${account}:role/ci`
const sessionArn = `arn:aws:sts::${account}:assumed-role/ci/build-7`
const allow = (Action: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
})
const developer = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' }
const accounts = {
  [account]: {
    users: {
      developer: {
        accessKeys: { [developer.accessKeyId]: developer.secretAccessKey },
        policies: [allow('ecr:*'), allow('iam:GetRole')],
      },
    },
    roles: {
      ci: {
        trustPolicy: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: `arn:aws:iam::${account}:user/developer` },
              Action: ['sts:AssumeRole', 'sts:TagSession'],
              Condition: { StringEquals: { 'sts:ExternalId': 'contract-1' } },
            },
          ],
        },
        policies: ['AmazonEC2ContainerRegistryReadOnly'],
      },
    },
  },
}

/** The fields that the CLI prints. */
interface Assumed {
  readonly Credentials: {
    readonly AccessKeyId: string
    readonly SecretAccessKey: string
    readonly SessionToken: string
  }
  readonly AssumedRoleUser: { readonly Arn: string }
}

const keyOf = ({ Credentials }: Assumed) => ({
  accessKeyId: Credentials.AccessKeyId,
  secretAccessKey: Credentials.SecretAccessKey,
  sessionToken: Credentials.SessionToken,
})

const asked = ['--role-arn', roleArn, '--role-session-name', 'build-7', '--external-id', 'contract-1']

/** The CLI supports AWS_ENDPOINT_URL from 1.29 and 2.13 on; without it, a profile can assume its role only at AWS. */
function knowsEndpointUrl(): boolean {
  const [, major = 0, minor = 0] = /aws-cli\/(\d+)\.(\d+)/.exec(String(spawnSync('aws', ['--version']).stdout)) ?? []
  return Number(minor) >= (Number(major) === 1 ? 29 : 13)
}

const versions = [
  ['the AWS CLI', 'aws', isInstalled('aws')],
  ["the distribution's AWS CLI", '/usr/bin/aws', existsSync('/usr/bin/aws')],
] as const

for (const [name, command, isThere] of versions)
  describeWith({ [command]: isThere }, `Temporary credentials with ${name}`, () => {
    let emulator: EmulatorProcess
    beforeAll(async () => void (emulator = await emulatorProcess({ config: { accounts } })))
    afterAll(() => emulator[Symbol.asyncDispose]())
    const cli = (key: object = developer) => awsCli({ endpoint: emulator.endpoint, command, ...key })

    it('The AWS CLI assumes a role and acts with its permissions', async () => {
      const tags = ['--tags', 'Key=team,Value=a', '--transitive-tag-keys', 'team', '--duration-seconds', '900']
      const assumed = await cli().json<Assumed>('sts', 'assume-role', ...asked, ...tags)
      expect(assumed.AssumedRoleUser.Arn).toBe(sessionArn)
      const session = cli(keyOf(assumed))
      expect(await session.json('sts', 'get-caller-identity')).toMatchObject({ Account: account, Arn: sessionArn })
      expect(await session.json('ecr', 'describe-repositories')).toEqual({ repositories: [] })
      expect(await session.refusal('ecr', 'create-repository', '--repository-name', 'app')).toContain(
        `(AccessDeniedException) when calling the CreateRepository operation: User: ${sessionArn} is not authorized to perform: ecr:CreateRepository`,
      )
    })

    it('The AWS CLI is refused a role that it may not assume', async () => {
      const [role, ...rest] = asked.slice(0, 4)
      expect(await cli().refusal('sts', 'assume-role', String(role), ...rest)).toBe(
        `An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::${account}:user/developer is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      )
    })

    it('The AWS CLI receives a session token but cannot exchange it for another one', async () => {
      const session = cli(keyOf(await cli().json<Assumed>('sts', 'get-session-token')))
      expect(await session.json('ecr', 'describe-repositories')).toEqual({ repositories: [] })
      expect(await session.refusal('sts', 'get-session-token')).toBe(
        'An error occurred (AccessDenied) when calling the GetSessionToken operation: Cannot call GetSessionToken with session credentials',
      )
    })

    it('The AWS CLI finds the service-linked role once the first rule has been created', async () => {
      const role = ['iam', 'get-role', '--role-name', 'AWSServiceRoleForECRPullThroughCache']
      expect(await cli().refusal(...role)).toBe(
        'An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name AWSServiceRoleForECRPullThroughCache cannot be found.',
      )
      const rule = ['--ecr-repository-prefix', 'ecr-public', '--upstream-registry-url', 'public.ecr.aws']
      await cli().json('ecr', 'create-pull-through-cache-rule', ...rule)
      expect(await cli().json(...role)).toMatchObject({
        Role: {
          Arn: `arn:aws:iam::${account}:role/aws-service-role/pullthroughcache.ecr.amazonaws.com/AWSServiceRoleForECRPullThroughCache`,
          AssumeRolePolicyDocument: {
            Statement: [{ Principal: { Service: 'pullthroughcache.ecr.amazonaws.com' }, Action: 'sts:AssumeRole' }],
          },
        },
      })
    })
  })

describeWith({ 'an aws that knows AWS_ENDPOINT_URL': knowsEndpointUrl() }, 'A profile of the AWS CLI', () => {
  it('A profile of the AWS CLI assumes its role automatically', async () => {
    await using emulator = await emulatorProcess({ config: { accounts } })
    await using directory = await temporaryDirectory()
    const [config, credentials] = [join(directory.path, 'config'), join(directory.path, 'credentials')]
    await writeFile(
      config,
      `[profile ci]\nrole_arn = ${roleArn}\nrole_session_name = build-7\nexternal_id = contract-1\nsource_profile = developer\n`,
    )
    await writeFile(
      credentials,
      `[developer]\naws_access_key_id = ${developer.accessKeyId}\naws_secret_access_key = ${developer.secretAccessKey}\n`,
    )
    const env = {
      ...{ AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_PROFILE: 'ci' },
      ...{ AWS_ENDPOINT_URL: emulator.endpoint, AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
      HOME: directory.path,
    }
    const aws = awsCli({ endpoint: emulator.endpoint, env })
    expect(await aws.json('sts', 'get-caller-identity')).toMatchObject({ Arn: sessionArn })
  })
})

describe('Temporary credentials with the AWS SDK for JavaScript', () => {
  it('The AWS SDK obtains temporary credentials with fromTemporaryCredentials', async () => {
    await using emulator = await emulatorProcess({ config: { accounts } })
    const common = { endpoint: emulator.endpoint, region: 'us-east-1', maxAttempts: 1 }
    const params = { RoleArn: roleArn, RoleSessionName: 'build-7', ExternalId: 'contract-1' }
    const credentials = fromTemporaryCredentials({ masterCredentials: developer, params, clientConfig: common })
    const ecr = new ECRClient({ ...common, credentials })
    expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
    await expect(ecr.send(new CreateRepositoryCommand({ repositoryName: 'app' }))).rejects.toThrow(sessionArn)
    ecr.destroy()
  })

  it("Temporary credentials expire by the emulator's clock and can be requested again", async () => {
    await using emulator = await emulatorProcess({ config: { accounts } })
    const common = { endpoint: emulator.endpoint, region: 'us-east-1', maxAttempts: 1 }
    const sts = new STSClient({ ...common, credentials: developer })
    const wanted = { RoleArn: roleArn, RoleSessionName: 'build-7', ExternalId: 'contract-1', DurationSeconds: 900 }
    const fetched = async () => keyOf((await sts.send(new AssumeRoleCommand(wanted))) as Assumed)
    const describe = async (ecr: ECRClient) => (await ecr.send(new DescribeRepositoriesCommand({}))).repositories

    const first = new ECRClient({ ...common, credentials: await fetched() })
    expect(await describe(first)).toEqual([])
    await emulator.advanceClock(900)
    await expect(describe(first)).rejects.toMatchObject({ name: 'ExpiredTokenException' })
    const second = new ECRClient({ ...common, credentials: await fetched() })
    expect(await describe(second)).toEqual([])
    await expect(describe(first)).rejects.toMatchObject({ name: 'ExpiredTokenException' })
    for (const client of [sts, first, second]) client.destroy()
  })

  it('Temporary credentials survive a restart of the emulator until they expire', async () => {
    await using directory = await temporaryDirectory()
    const options = { config: { accounts }, dataDir: directory.path }
    await using before = await emulatorProcess(options)
    const sts = new STSClient({ endpoint: before.endpoint, region: 'us-east-1', credentials: developer })
    const wanted = { RoleArn: roleArn, RoleSessionName: 'build-7', ExternalId: 'contract-1' }
    const assumed = await sts.send(new AssumeRoleCommand(wanted))
    sts.destroy()
    await before.stop()

    await using after = await emulatorProcess(options)
    const ecr = new ECRClient({
      ...{ endpoint: after.endpoint, region: 'us-east-1', maxAttempts: 1 },
      credentials: keyOf(assumed as Assumed),
    })
    expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
    await after.advanceClock(3600)
    await expect(ecr.send(new DescribeRepositoriesCommand({}))).rejects.toMatchObject({ name: 'ExpiredTokenException' })
    ecr.destroy()
  })
})
