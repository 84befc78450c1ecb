import {
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ListImagesCommand,
  PutLifecyclePolicyCommand,
  ValidatePullThroughCacheRuleCommand,
} from '@aws-sdk/client-ecr'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { type EcrLocal, startEcrLocal, type StartOptions, UsageError } from '../../src/library/ecr-local.js'
import { createRule, pullerOf } from '../support/library.js'
import { mustRun, neutralEnvironment } from '../support/run-command.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { twoAccounts } from '../support/whole-emulator.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('startEcrLocal', () => {
  it('Several emulators run at once, each on a port and with state of its own', async () => {
    await using one = await startEcrLocal()
    await using other = await startEcrLocal()
    expect(one.endpoint).toMatch(/^http:\/\/localhost:\d+$/)
    expect(one.endpoint).not.toBe(other.endpoint)
    const { repository } = await one.client().send(new CreateRepositoryCommand({ repositoryName: 'app' }))
    expect(repository?.repositoryUri).toBe(`${one.registry}/app`)
    expect((await other.client().send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
  })

  it('A stopped emulator and its upstream no longer listen, and stopping twice is no mistake', async () => {
    const ecr = await startEcrLocal()
    await ecr.stop()
    await ecr.stop()
    for (const address of [ecr.endpoint, `http://${ecr.registry}`, ecr.upstream.endpoint])
      await expect(fetch(address)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })

  it('A process that stops its emulator ends by itself, has written nothing and has no signal handlers', async () => {
    const program = `
      const { startEcrLocal } = require(${JSON.stringify(join(root, 'dist/library.cjs'))})
      const count = () => process.eventNames().length
      const before = count()
      startEcrLocal().then(async (ecr) => {
        ecr.upstream.image('team/app', 'v1')
        await ecr.login()
        if (count() !== before) process.exitCode = 3
        await ecr.stop()
      })`
    const { stdout, stderr } = await mustRun(process.execPath, ['--no-warnings', '-e', program], {
      env: { ...neutralEnvironment(), ECR_LOCAL_LOG: 'debug', ECR_LOCAL_PORT: '1' },
      timeoutMs: 60_000,
    })
    expect([stdout, stderr]).toEqual(['', ''])
  })

  it("A pull through the cache leaves the agent of the process's own fetch alone", async () => {
    const program = `
      const { startEcrLocal } = require(${JSON.stringify(join(root, 'dist/library.cjs'))})
      const { get } = require('node:http')
      const { CreatePullThroughCacheRuleCommand } = require('@aws-sdk/client-ecr')
      const agents = () => Object.getOwnPropertySymbols(globalThis).filter(({ description }) => /undici/.test(description))
      startEcrLocal().then(async (ecr) => {
        ecr.upstream.image('team/app', 'v1')
        const rule = { ecrRepositoryPrefix: 'cached', upstreamRegistryUrl: 'quay.io' }
        await ecr.client().send(new CreatePullThroughCacheRuleCommand(rule))
        const { username, password } = await ecr.login()
        const url = 'http://' + ecr.registry + '/v2/cached/team/app/manifests/v1'
        const pulled = await new Promise((resolve) => get(url, { auth: username + ':' + password }, resolve))
        console.log(pulled.resume().statusCode, agents().length)
        await ecr.stop()
      })`
    const options = { cwd: root, env: neutralEnvironment(), timeoutMs: 60_000 }
    const { stdout } = await mustRun(process.execPath, ['--no-warnings', '-e', program], options)
    expect(stdout).toBe('200 0\n')
  })

  it.each<[string, StartOptions, string]>([
    ['is not in the schema', { prot: 1 } as StartOptions, 'startEcrLocal: /prot is not a setting; there are '],
    ['has a wrong value', { auth: 'lax' } as unknown as StartOptions, 'must be one of strict, relaxed, not "lax"'],
    ['contradicts another', { blobs: 's3://images' }, '--store memory keeps images in memory too'],
    ['has a mistake in a policy', accountsWithMistake(), 'startEcrLocal: /accounts/111122223333/users/dev/policies/0'],
  ])('An option that %s is refused in the words of the configuration file', async (_, options, message) => {
    await expect(startEcrLocal(options)).rejects.toThrow(message)
  })

  it('Options are the settings of the configuration file, and one that is undefined counts as left out', async () => {
    const options: StartOptions = { port: undefined, quotas: { imagesPerRepository: 1 }, region: 'eu-central-1' }
    await using ecr = await startEcrLocal({ ...options, registryHost: 'registry.test' })
    const { repository } = await ecr.client().send(new CreateRepositoryCommand({ repositoryName: 'app' }))
    expect(repository?.repositoryUri).toBe('registry.test/app')
    expect(repository?.repositoryArn).toBe('arn:aws:ecr:eu-central-1:000000000000:repository/app')
  })

  it('With the embedded store, state outlives the emulator', async () => {
    await using directory = await temporaryDirectory()
    const options = { store: 'embedded', dataDir: directory.path } as const
    {
      await using ecr = await startEcrLocal(options)
      await ecr.client().send(new CreateRepositoryCommand({ repositoryName: 'app' }))
    }
    await using ecr = await startEcrLocal(options)
    expect((await ecr.client().send(new DescribeRepositoriesCommand({}))).repositories).toHaveLength(1)
  })

  it('A logger gets the lines of the log', async () => {
    const lines: string[] = []
    const add = (_: object, message: string) => void lines.push(message)
    const logger = { trace: add, debug: add, info: add, warn: add, error: add }
    await using ecr = await startEcrLocal({ logger })
    await ecr.client().send(new DescribeRepositoriesCommand({}))
    expect(lines).toContain('answered')
  })
})

describe('An emulator in process', () => {
  let ecr: EcrLocal
  beforeEach(async () => {
    ecr = await startEcrLocal()
    return () => ecr.stop()
  })

  it('The variables in env suffice for the AWS CLI, also over those of a session', async () => {
    const session = { AWS_SESSION_TOKEN: 'of-a-session' }
    const { stdout } = await mustRun('aws', ['sts', 'get-caller-identity', '--query', 'Account', '--output', 'text'], {
      env: { ...neutralEnvironment(), ...session, ...ecr.env },
    })
    expect(stdout.trim()).toBe('000000000000')
  })

  it('Advancing a day lets the next pull check the upstream once', async () => {
    await createRule(ecr, 'public.ecr.aws')
    const before = ecr.upstream.image('team/app', 'latest', { version: '1' })
    expect((await (await pullerOf(ecr)).pull('team/app', 'latest')).digest).toBe(before.digest)
    const after = ecr.upstream.image('team/app', 'latest', { version: '2' })
    expect((await (await pullerOf(ecr)).pull('team/app', 'latest')).digest).toBe(before.digest)
    const started = Date.now()
    const now = await ecr.advance('24h')
    expect(now.getTime() - started).toBeGreaterThanOrEqual(86_400_000)
    expect((await (await pullerOf(ecr)).pull('team/app', 'latest')).digest).toBe(after.digest)
    expect(ecr.upstream.count({ method: 'HEAD', kind: 'manifest' })).toBe(1)
  })

  it('The clock is not advanced to where there are no dates', async () => {
    const before = await ecr.advance(0)
    await expect(ecr.advance(1e300)).rejects.toThrow(
      new UsageError('The clock must not be advanced beyond the year 9999'),
    )
    expect((await ecr.advance(0)).getTime() - before.getTime()).toBeLessThan(60_000)
  })

  it('What becomes due has happened when advance resolves, with all that follows from it', async () => {
    await createRule(ecr, 'public.ecr.aws')
    ecr.upstream.image('team/app', 'latest')
    await (await pullerOf(ecr)).pull('team/app', 'latest')
    await ecr.settled()
    const client = ecr.client()
    const expired = { tagStatus: 'any', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 7 }
    const rules = [{ rulePriority: 1, selection: expired, action: { type: 'expire' } }]
    const [repositoryName, lifecyclePolicyText] = ['cached/team/app', JSON.stringify({ rules })]
    await client.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))
    await ecr.advance('9d')
    const { imageIds } = await client.send(new ListImagesCommand({ repositoryName }))
    expect(imageIds).toEqual([])
    const actions = (await ecr.events()).flatMap((event) =>
      event['detail-type'] === 'ECR Image Action' ? [event.detail['action-type']] : [],
    )
    expect(actions).toContain('DELETE')
  })

  it.each<[unknown, string]>([
    ['tomorrow', "'tomorrow'"],
    ['24', "'24'"],
    ['-1h', "'-1h'"],
    [-1, '-1'],
    [NaN, 'NaN'],
    [undefined, 'undefined'],
  ])('The duration %s is refused with examples', async (duration, shown) => {
    await expect(ecr.advance(duration as number)).rejects.toThrow(
      `A duration is a number of milliseconds, 0 or more, or a text such as '90s', '15m', '24h' or '7d', not ${shown}`,
    )
  })

  it.each([
    [1500, 1.5],
    ['1500ms', 1.5],
    ['90s', 90],
    ['1.5m', 90],
    ['2h', 7200],
    ['1d', 86_400],
  ] as const)('The duration %s is %d seconds', async (duration, seconds) => {
    const started = Date.now()
    const advanced = (await ecr.advance(duration)).getTime() - started
    expect(Math.abs(advanced - seconds * 1000)).toBeLessThan(1000 * Math.min(seconds, 60))
  })

  it('A reset removes state, images and the advance of the clock, and leaves the upstream', async () => {
    await createRule(ecr, 'public.ecr.aws')
    ecr.upstream.image('team/app', 'latest')
    await (await pullerOf(ecr)).pull('team/app', 'latest')
    await ecr.settled()
    await ecr.advance('30d')
    await ecr.reset()
    expect((await ecr.client().send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
    expect(await ecr.events()).toEqual([])
    expect((await ecr.advance(0)).getTime()).toBeLessThan(Date.now() + 1000)
    await createRule(ecr, 'public.ecr.aws')
    expect((await (await pullerOf(ecr)).pull('team/app', 'latest')).status).toBe(200)
  })

  it('Events have types, so that a test reads their details without casts', async () => {
    await createRule(ecr, 'public.ecr.aws')
    const { digest } = ecr.upstream.image('team/app', 'latest')
    await (await pullerOf(ecr)).pull('team/app', 'latest')
    await ecr.settled()
    const imports = (await ecr.events()).flatMap((event) =>
      event['detail-type'] === 'ECR Pull Through Cache Action' ? [event.detail] : [],
    )
    expect(imports.at(-1)).toMatchObject({
      'repository-name': 'cached/team/app',
      'image-digest': digest,
      'sync-status': 'SUCCESS',
      outcome: expect.stringMatching(/^imported /) as string,
    })
  })
})

describe('Accounts of an emulator in process', () => {
  it('A client is of the account, the access key and the Region that are asked for', async () => {
    await using ecr = await startEcrLocal({ accounts: twoAccounts })
    expect(ecr.credentials).toEqual({ accessKeyId: 'AKIAADMIN1', secretAccessKey: 'secret' })
    const arnOf = async (options: Parameters<EcrLocal['client']>[0]) =>
      (await ecr.client(options).send(new CreateRepositoryCommand({ repositoryName: 'app' }))).repository?.repositoryArn
    expect(await arnOf({})).toBe('arn:aws:ecr:us-east-1:111122223333:repository/app')
    expect(await arnOf({ account: '444455556666' })).toBe('arn:aws:ecr:us-east-1:444455556666:repository/app')
    const credentials = { accessKeyId: 'AKIAADMIN4', secretAccessKey: 'secret' }
    expect(await arnOf({ credentials, region: 'eu-west-1' })).toBe('arn:aws:ecr:eu-west-1:444455556666:repository/app')
    expect(() => ecr.client({ account: '999988887777' })).toThrow(
      "Account 999988887777 has no access key: describe one under accounts, as { '999988887777': { users: { name: { accessKeys } } } }",
    )
  })

  it('Where no access key is described, there is a client of every account', async () => {
    await using ecr = await startEcrLocal()
    const client = ecr.client({ account: '999988887777' })
    const { repository } = await client.send(new CreateRepositoryCommand({ repositoryName: 'app' }))
    expect(repository?.repositoryArn).toBe('arn:aws:ecr:us-east-1:999988887777:repository/app')
    expect(() => ecr.client({ account: '99' })).toThrow('Account 99 has no access key')
  })

  it('A refused call is explained by its error, by its id, and among the latest', async () => {
    const users = { reader: { accessKeys: { AKIAREADER: 'secret' } } }
    await using ecr = await startEcrLocal({ accounts: { '111122223333': { users } } })
    const error: unknown = await ecr
      .client()
      .send(new DescribeImagesCommand({ repositoryName: 'app' }))
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'AccessDeniedException' })
    const failed = error as { $metadata: { requestId: string } }
    const explained = await ecr.explain(failed)
    expect(explained?.decisions[0]).toMatchObject({ action: 'ecr:DescribeImages', allowed: false })
    expect(await ecr.explain(failed.$metadata.requestId)).toEqual(explained)
    expect((await ecr.explain())[0]).toMatchObject({ operation: 'DescribeImages', code: 'AccessDeniedException' })
    expect(await ecr.explain('unknown')).toBeUndefined()
    await expect(ecr.explain(new Error('late') as never)).rejects.toThrow(
      /^explain: give it an error that the AWS SDK threw/,
    )
  })

  it('Accounts with secrets of their own keep them beside that of the upstream', async () => {
    const secrets = { 'ecr-pullthroughcache/own': { username: 'me', accessToken: 'token' } }
    await using ecr = await startEcrLocal({ accounts: { '000000000000': { secrets } } })
    const arn = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/${name}`
    expect(ecr.upstream.credentialArn).toBe(arn('upstream'))
    const client = ecr.client()
    for (const name of ['own', 'upstream']) {
      const rule = {
        ecrRepositoryPrefix: name,
        upstreamRegistryUrl: 'registry-1.docker.io',
        credentialArn: arn(name),
      }
      await client.send(new CreatePullThroughCacheRuleCommand(rule))
      const command = new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: name })
      expect((await client.send(command)).isValid).toBe(true)
    }
  })
})

function accountsWithMistake(): StartOptions {
  const policies = [{ Version: '2012-10-17', Statement: [{ Effect: 'Permit', Action: '*', Resource: '*' }] }]
  return { accounts: { '111122223333': { users: { dev: { policies } } } } }
}
