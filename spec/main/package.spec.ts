import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { type PackedPackage, packedPackage } from '../support/packed-package.js'
import { githubJob } from '../support/github-runner.js'
import { startCli } from '../support/run-cli.js'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'ecr-local-package-'))
afterAll(() => rmSync(folder, { recursive: true }))

let packed: PackedPackage
beforeAll(async () => {
  packed = await packedPackage(folder)
})

describe('The packed package', () => {
  it('The package holds what the program needs, its documents and nothing else', () => {
    const strangers =
      /^(dist\/[^/]+\.(cjs(\.map)?|mjs|d\.[cm]ts)|dist\/console\/(index\.html|assets\/[^/]+\.(js|css|svg))(\.br|\.gz)?|dist\/(console\/)?licenses\.txt|docs\/.*\.md|smithy-models\/.*|(ecr-local|scan-findings|seed)\.schema\.json|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/
    expect(packed.files.filter((file) => !strangers.test(file))).toEqual([])
    expect(packed.files).toEqual(
      expect.arrayContaining([
        ...['dist/main.cjs', 'dist/main.cjs.map', 'dist/ecr-local.cjs', 'docs/operations.md', 'ecr-local.schema.json'],
        ...['dist/licenses.txt', 'dist/console/licenses.txt'],
        ...['dist/console/index.html', 'dist/console/index.html.br', 'dist/console/index.html.gz'],
        ...['dist/library.cjs', 'dist/library.d.cts', 'dist/vitest.mjs', 'dist/vitest.d.mts'],
        'scan-findings.schema.json',
        'seed.schema.json',
      ]),
    )
  })

  it('The package is less than three and a half megabytes, of which the console is most, with its declarations in few files', () => {
    // The console's files are in it three times: as they are, and compressed in two ways.
    expect(packed.size).toBeLessThan(3_500_000)
    expect(packed.files.filter((file) => /\.d\.[cm]ts$/.test(file)).length).toBeLessThan(12)
  })

  it('publint finds nothing to say about the package', async () => {
    const { buffer, byteOffset, byteLength } = await readFile(packed.archive)
    const tarball = buffer.slice(byteOffset, byteOffset + byteLength)
    const { messages } = await publint({ strict: true, pack: { tarball } })
    expect(messages).toEqual([])
  })

  it('Every export has types that fit, for import and for require', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(await readFile(packed.archive)))
    if (!analysis.types) throw new Error('The package has no types')
    expect(Object.keys(analysis.entrypoints)).toEqual(Object.keys(manifest.exports))
    // `moduleResolution: node10` knows no `exports`, and TypeScript 7 has no `node10`.
    const problems = analysis.problems.filter(
      (problem) => !('resolutionKind' in problem) || problem.resolutionKind !== 'node10',
    )
    expect(problems).toEqual([{ kind: 'CJSResolvesToESM', entrypoint: './vitest', resolutionKind: 'node16-cjs' }])
  })
})

describe('package installed without development dependencies', () => {
  beforeAll(async () => {
    await run('npm', ['init', '--yes'], { cwd: folder })
    await run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', packed.archive], { cwd: folder })
  })

  it('The package installs no tools of development', () => {
    const modules = readdirSync(join(folder, 'node_modules'))
    expect(modules).toContain('ecr-local')
    expect(modules.filter((name) => /^(typescript|vitest|jest|testcontainers|rolldown)$/.test(name))).toEqual([])
  })

  it('The installed package starts with npx and answers', async () => {
    const args = ['--no-install', 'ecr-local', 'start', '--port', '0', '--registry-port', '0']
    const env = { HOME: folder, npm_config_update_notifier: 'false' }
    await using started = startCli(args, { cwd: folder, env, command: 'npx' })
    const { endpoint } = await started.ready()
    expect(await (await fetch(`${endpoint}/health`)).json()).toMatchObject({ status: 'ok' })
    expect(await (await fetch(`${endpoint}/console/`)).text()).toContain('<div id="console"></div>')
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const ecr = new ECRClient({ endpoint, region: 'us-east-1', credentials })
    expect((await ecr.send(new DescribeRepositoriesCommand())).repositories).toEqual([])
    expect(existsSync(join(folder, '.ecr-local', 'layout.json'))).toBe(true)
  })

  it('The installed package stops with exit status 0', async () => {
    const command = join(folder, 'node_modules', '.bin', 'ecr-local')
    const args = ['start', '--port', '0', '--registry-port', '0', '--store', 'memory']
    await using started = startCli(args, { cwd: folder, command })
    await started.ready()
    started.signal('SIGTERM')
    expect(await started.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('The action starts the package with npx, in the version of its own, and ends all of its processes', async () => {
    await using job = await githubJob({ cwd: folder, env: { HOME: folder, npm_config_update_notifier: 'false' } })
    expect(await job.main({ port: '0', flags: '--store memory' })).toMatchObject({ exitCode: 0, stderr: '' })
    const { endpoint } = await job.outputs()
    expect(await (await fetch(`${endpoint}/health`)).json()).toMatchObject({ status: 'ok' })
    expect(await job.post()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('"msg":"stopping"') })
    await expect(fetch(`${endpoint}/health`)).rejects.toThrow()
  })
})
