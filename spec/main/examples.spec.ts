import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { describeWith } from '../support/describe-with.js'
import { emulatorProcess } from '../support/emulator-process.js'
import { packedPackage } from '../support/packed-package.js'
import { mustRun, neutralEnvironment, runCommand } from '../support/run-command.js'
import { isInstalled } from '../support/system-tools.js'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.js'
import { terraformInstallation, terraformNeeds } from '../support/terraform.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const examples = join(root, 'examples')

/** The examples that are npm packages. */
const PACKAGES = ['vitest', 'jest', 'node-test', 'testcontainers']

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** Everything that the examples install: one installation serves them all. */
function dependenciesOfExamples(archive: string): Record<string, string> {
  const all = PACKAGES.map((name) => {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(examples, name, 'package.json'), 'utf8'),
    ) as Manifest
    return { ...dependencies, ...devDependencies }
  })
  const { testcontainers, ...others } = Object.assign({}, ...all) as Record<string, string>
  if (testcontainers !== manifest.devDependencies.testcontainers)
    throw new Error(`The example has Testcontainers ${testcontainers}, this repository another version`)
  return { ...others, 'ecr-local': `file:${archive}` }
}

let directory: TemporaryDirectory
let env: NodeJS.ProcessEnv
const at = (...path: string[]) => join(directory.path, ...path)

beforeAll(async () => {
  directory = await temporaryDirectory()
  const { archive } = await packedPackage(directory.path)
  const dependencies = dependenciesOfExamples(basename(archive))
  await writeFile(at('package.json'), JSON.stringify({ private: true, dependencies }))
  env = { ...neutralEnvironment(), NO_COLOR: '1', npm_config_update_notifier: 'false', CI: 'true' }
  for (const ofThisRun of ['FORCE_COLOR', 'NODE_ENV']) delete env[ofThisRun]
  await mustRun('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], { env, cwd: directory.path })
  // Its native parts would be compiled for half a minute; this repository has them.
  await symlink(join(root, 'node_modules/testcontainers'), at('node_modules/testcontainers'))
  for (const name of await readdir(examples)) await cp(join(examples, name), at(name), { recursive: true })
})
afterAll(() => directory[Symbol.asyncDispose]())

describe('The examples, run from the packed package', () => {
  /** Runs `npm test` in a folder, and returns what it prints. */
  const npmTest = async (name: string) => {
    const { stdout, stderr } = await mustRun('npm', ['test'], { env, cwd: at(name) })
    return stdout + stderr
  }

  it('Every example is listed in the README of the examples', async () => {
    const folders = (await readdir(examples, { withFileTypes: true })).filter((entry) => entry.isDirectory())
    const listed = [...readFileSync(join(examples, 'README.md'), 'utf8').matchAll(/^\| \[([\w-]+)\]\(\1\)/gm)]
    expect(listed.map(([, name]) => name).sort()).toEqual(folders.map(({ name }) => name).sort())
  })

  it('Vitest runs tests with the global setup and with the fixture', async () => {
    expect(await npmTest('vitest')).toMatch(/Tests {2}2 passed/)
  })

  it('Jest runs tests with the global setup and with an emulator of their own', async () => {
    expect(await npmTest('jest')).toMatch(/Tests: +3 passed/)
  })

  it('The container of Testcontainers is loaded by import and by require', async () => {
    for (const args of [
      [
        '--input-type=module',
        '--eval',
        "import { EcrLocalContainer } from 'ecr-local/testcontainers'; new EcrLocalContainer()",
      ],
      ['--eval', "const { EcrLocalContainer } = require('ecr-local/testcontainers'); new EcrLocalContainer()"],
    ])
      await mustRun(process.execPath, args, { env, cwd: at('testcontainers') })
  })

  it("Node's test runner runs tests with the plain import", async () => {
    expect(await npmTest('node-test')).toMatch(/^# pass 1$/m)
  })
})

/** A program that uses every entry; `// @ts-expect-error` shows that what it gets is typed. */
const CONSUMER = `
import { startEcrLocal, type EcrLocal } from 'ecr-local'
import { ecrLocalSetup } from 'ecr-local/jest'
import { EcrLocalContainer } from 'ecr-local/testcontainers'

export async function everything(): Promise<void> {
  const ecrLocal: EcrLocal = await startEcrLocal({ quotas: { repositories: 1 } })
  const { digest } = ecrLocal.upstream.image('library/nginx', 'latest', { platforms: ['linux/amd64'] })
  digest.toUpperCase()
  await ecrLocal.advance('24h')
  // @ts-expect-error
  await ecrLocal.advance('a while')
  // @ts-expect-error
  await startEcrLocal({ quota: 1 })
  const setup: () => Promise<void> = ecrLocalSetup({ region: 'eu-west-1' })
  const container = await new EcrLocalContainer().withConfiguration({ auth: 'relaxed' }).start()
  const { endpoint, env, registry } = container
  await container.client().config.region()
  await Promise.all([setup(), ecrLocal.stop(), container.stop()])
  console.log(endpoint, env.AWS_REGION, registry)
}
`

const CONSUMER_OF_VITEST = `
import { ecrLocalSetup, withEcrLocal } from 'ecr-local/vitest'
import { inject, test as base } from 'vitest'

export default ecrLocalSetup({ auth: 'relaxed' })
const test = withEcrLocal(base.extend<{ count: number }>({ count: 1 }), { scope: 'test' })
test('typed', ({ ecrLocal, count }) => {
  ecrLocal.endpoint.toUpperCase()
  inject('ecrLocal').env.AWS_REGION.toUpperCase()
  count.toFixed()
  // @ts-expect-error
  ecrLocal.nothing()
})
`

describe('The types of the package', () => {
  it.each([
    ['nodenext', 'nodenext', 'TypeScript 7', 'typescript-7'],
    ['esnext', 'bundler', 'TypeScript 6', 'typescript'],
  ])('A program compiles with module %s and moduleResolution %s, strictly, by %s', async (...given) => {
    const [module, moduleResolution, , compiler] = given
    const folder = at(`consumer-${moduleResolution}`)
    const files = { 'consumer.mts': CONSUMER, 'consumer.cts': CONSUMER, 'vitest.mts': CONSUMER_OF_VITEST }
    await mkdir(folder)
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: moduleResolution === 'bundler',
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }))
    const tsc = join(root, 'node_modules', compiler, 'bin/tsc')
    const { stdout } = await runCommand(process.execPath, [tsc, '--project', folder], { env })
    // Where libraries are checked, so are the declarations of ours; what others have wrong in theirs is not looked at.
    expect(stdout.split('\n').filter((line) => line !== '' && !/^\S*node_modules\/(?!ecr-local\/)/.test(line))).toEqual(
      [],
    )
  })
})

describeWith(terraformNeeds, 'The example of Terraform', () => {
  it('Terraform applies the example and finds nothing to change afterwards', async () => {
    await using emulator = await emulatorProcess()
    await writeFile(at('cli.tfrc'), terraformInstallation)
    const settings = { TF_CLI_CONFIG_FILE: at('cli.tfrc'), TF_IN_AUTOMATION: '1', TF_VAR_endpoint: emulator.endpoint }
    const terraform = async (...args: string[]) =>
      (
        await mustRun('terraform', [...args, '-no-color', '-input=false'], {
          env: { ...env, HOME: directory.path, ...settings },
          cwd: at('terraform'),
        })
      ).stdout
    await terraform('init')
    expect(await terraform('apply', '-auto-approve')).toContain(`repository_url = "${emulator.registry}/team/app"`)
    expect(await terraform('plan')).toContain('No changes.')
  }, 300_000)
})

/** The first Python that has what the example needs. */
const python = ['/usr/bin/python3', 'python3'].find(
  (command) => spawnSync(command, ['-c', 'import boto3, pytest']).status === 0,
)

describeWith({ 'python3 with boto3 and pytest': python !== undefined }, 'The example of pytest', () => {
  it('pytest runs the tests with an emulator for the session', async () => {
    const args = ['-m', 'pytest', '-p', 'no:cacheprovider', '--color=no']
    expect((await mustRun(python!, args, { env, cwd: at('pytest') })).stdout).toMatch(/2 passed/)
  })
})

describeWith({ 'docker-compose': isInstalled('docker-compose') }, 'The example of Compose', () => {
  it('docker-compose accepts the example, whose program finds ECR at one address and the rest at another', async () => {
    // Its images of others cannot be had without a network, so the example does not run here.
    const { stdout } = await mustRun('docker-compose', ['config'], { env, cwd: at('compose') })
    expect(stdout).toContain('AWS_ENDPOINT_URL: http://other-services:5000')
    expect(stdout).toContain('AWS_ENDPOINT_URL_ECR: http://ecr-local:4566')
  })
})
