import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCli } from '../support/run-cli.js'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'ecr-local-package-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('package installed without development dependencies', () => {
  let files: string[]

  beforeAll(async () => {
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
    const [packed] = JSON.parse((await run('npm', args)).stdout) as [{ filename: string; files: { path: string }[] }]
    files = packed.files.map(({ path }) => path)
    await run('npm', ['init', '--yes'], { cwd: folder })
    await run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', join(folder, packed.filename)], {
      cwd: folder,
    })
  })

  it('The package holds what the program needs, its documents and nothing else', () => {
    const strangers =
      /^(dist\/[^/]+\.cjs(\.map)?|docs\/.*\.md|smithy-models\/.*|(ecr-local|scan-findings|seed)\.schema\.json|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/
    expect(files.filter((file) => !strangers.test(file))).toEqual([])
    expect(files).toEqual(
      expect.arrayContaining([
        ...['dist/main.cjs', 'dist/main.cjs.map', 'dist/ecr-local.cjs', 'docs/operations.md', 'ecr-local.schema.json'],
        'scan-findings.schema.json',
        'seed.schema.json',
      ]),
    )
    expect(existsSync(join(folder, 'node_modules', 'typescript'))).toBe(false)
  })

  it('The installed package starts with npx and answers', async () => {
    const args = ['--no-install', 'ecr-local', 'start', '--port', '0', '--registry-port', '0']
    const env = { HOME: folder, npm_config_update_notifier: 'false' }
    await using started = startCli(args, { cwd: folder, env, command: 'npx' })
    const { endpoint } = await started.ready()
    expect(await (await fetch(`${endpoint}/health`)).json()).toMatchObject({ status: 'ok' })
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
})
