import {
  DescribePullThroughCacheRulesCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  DescribeRepositoryCreationTemplatesCommand,
  ECRClient,
  GetLifecyclePolicyCommand,
  GetRegistryScanningConfigurationCommand,
} from '@aws-sdk/client-ecr'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { createRepository, pushImage, type Pushed } from '../support/push.js'
import { mustRun, neutralEnvironment } from '../support/run-command.js'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.js'
import { terraformInstallation, terraformNeeds } from '../support/terraform.js'

const sources = fileURLToPath(new URL('terraform/', import.meta.url))
const account = '000000000000'
const secret = (name: string) => `arn:aws:secretsmanager:us-east-1:${account}:secret:ecr-pullthroughcache/${name}`
const login = { username: 'user', accessToken: 'token' }
const config = {
  accounts: { [account]: { secrets: { 'ecr-pullthroughcache/hub': login, 'ecr-pullthroughcache/hub2': login } } },
}
const RESOURCES = 12
const limit = { timeout: 300_000 }

describeWith(terraformNeeds, 'Terraform', () => {
  let emulator: EmulatorProcess
  let directory: TemporaryDirectory
  let env: NodeJS.ProcessEnv
  let ecr: ECRClient
  let base: Pushed

  beforeAll(async () => {
    ;[emulator, directory] = await Promise.all([emulatorProcess({ config }), temporaryDirectory()])
    const { endpoint } = emulator
    ecr = new ECRClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
    await createRepository(ecr, 'base')
    base = await pushImage(ecr, 'base', { imageTag: 'v1' })
    const at = (name: string) => join(directory.path, name)
    for (const name of ['home', 'first', 'second']) await mkdir(at(name))
    for (const name of ['first', 'second']) await cp(join(sources, 'main.tf'), join(at(name), 'main.tf'))
    await cp(join(sources, 'imports.tf'), join(at('second'), 'imports.tf'))
    await writeFile(at('cli.tfrc'), terraformInstallation)
    env = {
      ...neutralEnvironment(),
      HOME: at('home'),
      TF_CLI_CONFIG_FILE: at('cli.tfrc'),
      TF_IN_AUTOMATION: '1',
      TF_VAR_endpoint: endpoint,
    }
    for (const name of ['first', 'second']) await terraform(name, 'init')
  }, 120_000)
  afterAll(async () => {
    ecr.destroy()
    await emulator[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  /** Runs a command with a state of its own, as two teams would, and returns what it prints. */
  const terraform = async (state: string, command: string, ...args: string[]) => {
    const options = { env, cwd: join(directory.path, state), timeoutMs: 120_000 }
    return (await mustRun('terraform', [command, '-no-color', '-input=false', ...args], options)).stdout
  }
  const revision = (number: number) => `-var=revision=${number}`
  const outputs = async (): Promise<unknown> => {
    const options = { env, cwd: join(directory.path, 'first') }
    return JSON.parse((await mustRun('terraform', ['output', '-json'], options)).stdout)
  }

  it(
    "The configuration has every resource and data source of the provider's that begins with aws_ecr_",
    limit,
    async () => {
      const options = { env, cwd: join(directory.path, 'first') }
      const { stdout } = await mustRun('terraform', ['providers', 'schema', '-json'], options)
      const [provider] = Object.values((JSON.parse(stdout) as ProviderSchemas).provider_schemas)
      const namesOf = (schemas: object = {}) => Object.keys(schemas).filter((name) => name.startsWith('aws_ecr_'))
      const text = await readFile(join(sources, 'main.tf'), 'utf8')
      const used = (kind: string) =>
        [...text.matchAll(new RegExp(`^${kind} "(aws_ecr_\\w+)"`, 'gm'))].map(([, name]) => name!)
      expect([...new Set(used('resource'))].sort()).toEqual(namesOf(provider?.resource_schemas).sort())
      expect([...new Set(used('data'))].sort()).toEqual(namesOf(provider?.data_source_schemas).sort())
    },
  )

  it('Terraform creates every kind of resource and reads every data source', limit, async () => {
    expect(await terraform('first', 'apply', '-auto-approve')).toContain(
      `Apply complete! Resources: ${RESOURCES} added`,
    )
    expect(await outputs()).toMatchObject({
      repository_url: { value: `${emulator.registry}/team/app` },
      user_name: { value: 'AWS' },
      described: {
        value: {
          arn: `arn:aws:ecr:us-east-1:${account}:repository/team/app`,
          mutability: 'IMMUTABLE',
          tags: { team: 'app' },
          names: ['base', 'team/app', 'team/encrypted'],
          credential: secret('hub'),
          template: ['PULL_THROUGH_CACHE'],
          digest: base.digest,
          tag: ['v1'],
          kms: expect.stringMatching(/^arn:aws:kms:us-east-1:000000000000:key\//),
        },
      },
    })
  })

  it('Terraform finds nothing to change afterwards', limit, async () => {
    expect(await terraform('first', 'plan')).toContain('No changes.')
  })

  it(
    'Terraform updates everything but the lifecycle policy, which its provider replaces, and finds nothing to change afterwards',
    limit,
    async () => {
      const applied = await terraform('first', 'apply', '-auto-approve', revision(2))
      expect(applied).toContain('Apply complete! Resources: 1 added, 8 changed, 1 destroyed.')
      expect(await outputs()).toMatchObject({
        described: {
          value: {
            mutability: 'MUTABLE',
            tags: { stage: 'test', team: 'web' },
            credential: secret('hub2'),
            template: ['PULL_THROUGH_CACHE', 'REPLICATION'],
          },
        },
      })
      expect(await terraform('first', 'plan', revision(2))).toContain('No changes.')
    },
  )

  it('The registry has what Terraform says', async () => {
    const { replicationConfiguration } = await ecr.send(new DescribeRegistryCommand({}))
    const destinations = ['eu-west-1', 'eu-central-1'].map((region) => ({ region, registryId: account }))
    expect(replicationConfiguration?.rules).toMatchObject([
      { destinations, repositoryFilters: [{ filter: 'release/' }] },
    ])
    const { scanningConfiguration } = await ecr.send(new GetRegistryScanningConfigurationCommand({}))
    expect(scanningConfiguration).toMatchObject({ scanType: 'ENHANCED', rules: [{}, {}] })
    const { lifecyclePolicyText } = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName: 'team/app' }))
    expect(JSON.parse(lifecyclePolicyText!)).toMatchObject({ rules: [{ selection: { countNumber: 20 } }, {}] })
  })

  it('A second state imports everything with nothing to change', limit, async () => {
    const applied = await terraform('second', 'apply', '-auto-approve', revision(2))
    expect(applied).toContain(`Apply complete! Resources: ${RESOURCES} imported, 0 added, 0 changed, 0 destroyed.`)
    expect(await terraform('second', 'plan', revision(2))).toContain('No changes.')
  })

  it('Terraform destroys everything and leaves what it has not created', limit, async () => {
    const destroyed = await terraform('second', 'destroy', '-auto-approve', revision(2))
    expect(destroyed).toContain(`Destroy complete! Resources: ${RESOURCES} destroyed.`)
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories).toMatchObject([{ repositoryName: 'base' }])
    const { pullThroughCacheRules } = await ecr.send(new DescribePullThroughCacheRulesCommand({}))
    expect(pullThroughCacheRules).toEqual([])
    const { repositoryCreationTemplates } = await ecr.send(new DescribeRepositoryCreationTemplatesCommand({}))
    expect(repositoryCreationTemplates).toEqual([])
    const { replicationConfiguration } = await ecr.send(new DescribeRegistryCommand({}))
    expect(replicationConfiguration?.rules).toEqual([])
    const { scanningConfiguration } = await ecr.send(new GetRegistryScanningConfigurationCommand({}))
    expect(scanningConfiguration).toEqual({ scanType: 'BASIC', rules: [] })
  })
})

/** What `terraform providers schema -json` prints, as far as it is read here. */
interface ProviderSchemas {
  readonly provider_schemas: Readonly<
    Record<string, { readonly resource_schemas?: object; readonly data_source_schemas?: object }>
  >
}
