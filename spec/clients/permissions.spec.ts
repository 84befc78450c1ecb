import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AwsCli, awsCli } from '../support/aws-cli.js'
import { describeWith, skopeoNeeds } from '../support/describe-with.js'
import { type DockerRegistry, dockerRegistry } from '../support/docker-registry.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { pushIndex, twoPlatformImage } from '../support/images.js'
import { runCli } from '../support/run-cli.js'
import { skopeo } from '../support/skopeo.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { createRule, loginPassword } from './setting.js'

/*
 * The permissions described on the user guide's page about pull through cache rules, with its account, user, Region,
 * names and policy file, the real AWS CLI and the real skopeo.
 */

const account = '111122223333'
const arn = `arn:aws:iam::${account}:user/ecr-pull-through-cache-user`
const allow = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
})
const pullOnly = ['ecr:GetAuthorizationToken', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']
const bringing = ['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository']
const user = (accessKeyId: string, ...actions: string[]) => ({
  accessKeys: { [accessKeyId]: 'secret' },
  policies: [allow(...actions)],
})
const users = {
  admin: user('AKIAADMINISTRATOR000', 'ecr:*'),
  'ecr-pull-through-cache-user': user('AKIAI44QH8DHBEXAMPLE', ...pullOnly),
  'with-everything': user('AKIAWITHEVERYTHING00', ...pullOnly, ...bringing),
}

/** The example of that page, a single bare statement. */
const registryPolicy = `{
    "Sid": "AllowPullThroughCache",
    "Effect": "Allow",
    "Principal": {
        "AWS": "${arn}"
    },
    "Action": [
        "ecr:CreateRepository",
        "ecr:BatchImportUpstreamImage"
    ],
    "Resource": "arn:aws:ecr:us-east-1:${account}:repository/ecr-public/*"
}
`

describeWith(skopeoNeeds, 'The permissions of a pull through cache', () => {
  let upstream: DockerRegistry
  let emulator: EmulatorProcess
  const index = twoPlatformImage({ message: 'an image for those who may' })
  const cli = (accessKeyId: string): AwsCli =>
    awsCli({ endpoint: emulator.endpoint, accessKeyId, secretAccessKey: 'secret' })
  const admin = () => cli('AKIAADMINISTRATOR000')
  const guideUser = () => cli('AKIAI44QH8DHBEXAMPLE')
  const image = (repository: string) => `${emulator.registry}/${repository}:latest`
  const pullAs = async (aws: AwsCli, repository: string) =>
    skopeo(await loginPassword({ aws })).tryRaw(image(repository))

  beforeAll(async () => {
    upstream = await dockerRegistry()
    const endpoint = { endpoint: upstream.url }
    emulator = await emulatorProcess({
      config: { accounts: { [account]: { users } }, upstreams: { 'public.ecr.aws': endpoint, 'quay.io': endpoint } },
    })
    for (const repository of ['app', 'by-identity', 'by-repository', 'never', 'elsewhere'])
      await pushIndex(index, { url: upstream.url, repository, tag: 'latest' })
    for (const [prefix, host] of [
      ['ecr-public', 'public.ecr.aws'],
      ['quay', 'quay.io'],
    ] as const)
      await createRule({ aws: admin() }, prefix, host)
  })
  afterAll(async () => {
    await emulator[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  it('A first pull by a user who may only pull is refused because the repository does not exist', async () => {
    const { exitCode, stderr } = await pullAs(guideUser(), 'ecr-public/app')
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain(
      `The repository with name 'ecr-public/app' does not exist in the registry with id '${account}'`,
    )
    await admin().json('ecr', 'create-repository', '--repository-name', 'ecr-public/made-before')
    expect((await pullAs(guideUser(), 'ecr-public/made-before')).stderr).toContain('Requested image not found')
    expect(await upstream.asked()).toEqual([])
  })

  it('The policy file of the user guide is accepted unchanged (P18)', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'ptc-registry-policy.json')
    await writeFile(file, registryPolicy)
    const put = await admin().json(
      ...['ecr', 'put-registry-policy', '--policy-text', `file://${file}`, '--region', 'us-east-1'],
    )
    expect(put).toEqual({ registryId: account, policyText: registryPolicy })
  })

  it('The user of the user guide may make a first pull under the prefix and nowhere else (P19)', async () => {
    expect(await skopeo(await loginPassword({ aws: guideUser() })).raw(image('ecr-public/app'))).toBe(
      index.bytes.toString(),
    )
    const elsewhere = await pullAs(guideUser(), 'quay/elsewhere')
    expect(elsewhere.stderr).toContain(
      `The repository with name 'quay/elsewhere' does not exist in the registry with id '${account}'`,
    )
    await using directory = await temporaryDirectory()
    await skopeo(await loginPassword({ aws: guideUser() })).copyAll(image('ecr-public/app'), directory.path)
  })

  it('Images are imported by the service-linked role that the first rule creates (P9)', async () => {
    const { events } = (await (await fetch(`${emulator.endpoint}/_admin/events`)).json()) as {
      events: { 'detail-type': string; detail: { principal?: string } }[]
    }
    const imports = events.filter((event) => event['detail-type'] === 'ECR Pull Through Cache Action')
    const role =
      `arn:aws:iam::${account}:role/aws-service-role/pullthroughcache.ecr.amazonaws.com/` +
      'AWSServiceRoleForECRPullThroughCache'
    expect(imports.length).toBeGreaterThan(0)
    expect(new Set(imports.map(({ detail }) => detail.principal))).toEqual(new Set([role]))
  })

  describe('CreatePullThroughCacheRule (P15)', () => {
    const refusal =
      `An error occurred (AccessDeniedException) when calling the CreatePullThroughCacheRule operation: User: ${arn} ` +
      'is not authorized to perform: ecr:CreatePullThroughCacheRule on resource: * ' +
      'because no identity-based policy allows the ecr:CreatePullThroughCacheRule action'
    const create = () =>
      guideUser().refusal(
        ...['ecr', 'create-pull-through-cache-rule', '--ecr-repository-prefix', 'mine'],
        ...['--upstream-registry-url', 'quay.io'],
      )

    it('A registry policy does not grant CreatePullThroughCacheRule', async () => {
      const policy = {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: arn }, Action: 'ecr:CreatePullThroughCacheRule', Resource: '*' },
          JSON.parse(registryPolicy),
        ],
      }
      await admin().json('ecr', 'put-registry-policy', '--policy-text', JSON.stringify(policy))
      expect(await create()).toBe(refusal)
    })

    it('A repository policy does not grant CreatePullThroughCacheRule', async () => {
      const policy = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: arn }, Action: 'ecr:CreatePullThroughCacheRule' }],
      }
      await admin().json(
        ...['ecr', 'set-repository-policy', '--repository-name', 'ecr-public/app'],
        ...['--policy-text', JSON.stringify(policy)],
      )
      expect(await create()).toBe(refusal)
    })
  })

  it('BatchImportUpstreamImage may be granted by an identity policy or by the repository policy, too (P16)', async () => {
    const everything = cli('AKIAWITHEVERYTHING00')
    expect((await pullAs(everything, 'quay/by-identity')).exitCode).toBe(0)

    await admin().json('ecr', 'create-repository', '--repository-name', 'quay/by-repository')
    expect((await pullAs(guideUser(), 'quay/by-repository')).stderr).toContain('Requested image not found')
    const policy = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: arn }, Action: 'ecr:BatchImportUpstreamImage' }],
    }
    await admin().json(
      ...['ecr', 'set-repository-policy', '--repository-name', 'quay/by-repository'],
      ...['--policy-text', JSON.stringify(policy)],
    )
    expect((await pullAs(guideUser(), 'quay/by-repository')).exitCode).toBe(0)
  })

  it('CreateRepository may be granted by an identity or registry policy, not by a repository policy (P17)', async () => {
    const { repositories } = await admin().json<{ repositories: { repositoryName: string }[] }>(
      ...['ecr', 'describe-repositories'],
    )
    const made = repositories.map(({ repositoryName }) => repositoryName)
    expect(made).toEqual(expect.arrayContaining(['ecr-public/app', 'quay/by-identity']))

    const policy = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: arn }, Action: ['ecr:CreateRepository', 'ecr:BatchImportUpstreamImage'] },
      ],
    }
    await admin().json(
      ...['ecr', 'set-repository-policy', '--repository-name', 'quay/by-repository'],
      ...['--policy-text', JSON.stringify(policy)],
    )
    expect((await pullAs(guideUser(), 'quay/never')).stderr).toContain(
      `The repository with name 'quay/never' does not exist in the registry with id '${account}'`,
    )
    const refused = await guideUser().refusal('ecr', 'create-repository', '--repository-name', 'quay/never')
    expect(refused).toContain('because no identity-based policy allows the ecr:CreateRepository action')
  })

  it('The explain command explains a refusal on the command line', async () => {
    const { stderr } = await guideUser().run(
      'ecr',
      'delete-repository',
      '--repository-name',
      'ecr-public/app',
      '--debug',
    )
    const [, requestId] = /'x-amzn-requestid': '([0-9a-f-]{36})'/i.exec(stderr) ?? []
    const { port } = new URL(emulator.endpoint)
    const { code, stdout } = await runCli(['explain', String(requestId), '--port', port], { cwd: emulator.dataDir })
    expect(code).toBe(0)
    for (const part of [arn, 'ecr:DeleteRepository', 'registry policy', 'inline policy 1 of user'])
      expect(stdout).toContain(part)
    expect((await runCli(['explain', '--port', port], { cwd: emulator.dataDir })).stdout).toContain(requestId)
  })
})
