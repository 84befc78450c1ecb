import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { warningsFor } from '../../src/cli/banner.js'
import { fsck } from '../../src/cli/fsck-command.js'
import { gc } from '../../src/cli/gc-command.js'
import { importFrom } from '../../src/cli/import-state-command.js'
import { isForegroundScript } from '../../src/cli/parent-process.js'
import { portInUse } from '../../src/cli/port-in-use.js'
import { warningsAboutVariables } from '../../src/cli/variable-warnings.js'
import { defaultConfig } from '../../src/config/config.js'
import { settings } from '../../src/config/settings.js'
import { startEmulator } from '../support/emulator.js'
import { silent } from '../support/silent-log.js'

describe('parent process of a start by npm', () => {
  it.each([
    ["'ecr-local'", 'npx ecr-local start'],
    ['ecr-local start --port 0', 'npm run'],
    ['exec node dist/ecr-local.cjs start', 'npm start'],
    ['./node_modules/.bin/ecr-local start', 'a path'],
    ['npm run seed && ecr-local start', 'one command after another'],
    ['ecr-local start >out.log 2>&1', 'redirections'],
  ])('A foreground npm script ends with its parent process: %s (%s)', (npm_lifecycle_script) => {
    expect(isForegroundScript({ npm_lifecycle_script })).toBe(true)
  })

  it.each<[string | undefined, string]>([
    [undefined, 'nohup, systemd and containers start it without npm'],
    ['ecr-local start &', 'the script puts it into the background and ends'],
    ['ecr-local start & vitest run', 'beside another program'],
    ['nohup ecr-local start', 'it is to outlive the terminal'],
    ['setsid ecr-local start', 'it is to outlive the session'],
    ['bash', 'a shell that was started by npx, and inherited its environment'],
    ['vitest run', 'a program of another script starts it'],
  ])('A start outlives its parent unless npm runs it in the foreground: %s (%s)', (npm_lifecycle_script) => {
    expect(isForegroundScript({ npm_lifecycle_script })).toBe(false)
  })
})

describe('port that is in use', () => {
  const inUse = (port: number) => Object.assign(new Error('in use'), { code: 'EADDRINUSE', port })

  it('A port used by another ecr-local is reported with its plane and version', async () => {
    await using emulator = await startEmulator()
    const port = Number(new URL(emulator.endpoint).port)
    const refusal = await portInUse(inUse(port), { host: '127.0.0.1', port })
    expect(refusal?.message).toBe(
      `Port ${port} is in use by the control plane of another ecr-local (version 0.0.0, store memory): ` +
        'use that one, stop it, or choose another port with --port (0: a free one)',
    )
  })

  it('A port used by another program is reported as such', async () => {
    const other = createServer((_req, res) => void res.end('{"plane":"of another kind"}')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const refusal = await portInUse(inUse(port), { host: '127.0.0.1', port: 4566 })
    other.close()
    expect(refusal?.message).toBe(
      `Port ${port} is in use by a program other than ecr-local: stop it, or choose another port with --registry-port (0: a free one)`,
    )
  })

  it('An error other than EADDRINUSE is not examined as a port in use', async () => {
    expect(await portInUse(new Error('another'), defaultConfig)).toBeUndefined()
  })
})

describe('warnings of a start', () => {
  const openToOthers = expect.stringMatching(/^OTHER MACHINES MAY REACH THIS with access key test, secret test, /)
  const withoutKeys = { accounts: { '111122223333': {} } }
  const withKeys = { accounts: { '111122223333': { users: { dev: { accessKeys: { AKIDEXAMPLE: 'secret' } } } } } }

  it.each([
    ['127.0.0.1', {}, []],
    ['0.0.0.0', {}, [openToOthers]],
    ['::', {}, [openToOthers]],
    ['192.0.2.7', {}, [openToOthers]],
    ['0.0.0.0', withoutKeys, [openToOthers]],
    ['0.0.0.0', withKeys, []],
    ['0.0.0.0', { auth: 'relaxed' as const }, [expect.stringMatching(/^AUTH IS RELAXED/)]],
  ])('A start on %s with %j prints the expected warnings', (host, config, warnings) => {
    expect(warningsFor({ ...defaultConfig, host, ...config })).toEqual(warnings)
  })
})

describe('misspelt environment variables', () => {
  it.each([
    ['ECR_LOCAL_PROT', '4567', 'ECR_LOCAL_PORT'],
    ['ECR_LOCAL_DATADIR', 'data', 'ECR_LOCAL_DATA_DIR'],
    ['ECR_LOCAL_REGISTRY_PROT', '4510', 'ECR_LOCAL_REGISTRY_PORT'],
  ])('The variable %s=%s gets a warning that names %s', (variable, value, meant) => {
    const warning = `${variable} is not a setting. Did you mean ${meant}?`
    expect(warningsAboutVariables({ [variable]: value })).toEqual([warning])
    expect(warningsAboutVariables({ [variable]: '' })).toEqual([])
  })

  it('The variables of settings, of our tools, of Kubernetes and of other programs get no warning', () => {
    const ours = ['ENDPOINT', 'REGISTRY', 'SKIP_INSTALL', 'SOAK_SECONDS', 'SPEC_S3_URL', 'S3_ADDRESS', 'S3_PORT']
    const service = ['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_HTTP', 'PORT_4566_TCP', 'PORT_4566_TCP_PORT']
    const free = [...ours, ...service, 'X_SERVICE_HOST', 'X_PORT_80_TCP_ADDR', 'LIKE_NONE'].map(
      (name) => `ECR_LOCAL_${name}`,
    )
    const names = [...free, ...settings.map(({ environment }) => environment)]
    const environment = Object.fromEntries(names.map((name) => [name, 'value']))
    const others = { ECR_LOCAL_X_PORT: 'tcp://10.0.0.1:80', ECR_PROT: '1' }
    expect(warningsAboutVariables({ ...environment, ...others })).toEqual([])
  })
})

describe('maintenance commands', () => {
  it.each([
    ['gc', (config: typeof defaultConfig) => gc(config, silent)],
    ['fsck', (config: typeof defaultConfig) => fsck(config, { repair: true }, silent)],
  ])('A maintenance command creates no data directory where there is none: %s', async (command, run) => {
    const dataDir = join(tmpdir(), 'ecr-local-never-made')
    await expect(run({ ...defaultConfig, dataDir })).rejects.toThrow(
      `${dataDir} is not a data directory, so there is nothing for ecr-local ${command}: name the one the planes use with --data-dir`,
    )
    expect(existsSync(dataDir)).toBe(false)
  })

  it('What a refused import has left is no data directory to them', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'ecr-local-refused-'))
    const config = { ...defaultConfig, dataDir: join(parent, 'data') }
    writeFileSync(join(parent, 'text.tar'), 'text')
    await expect(importFrom(join(parent, 'text.tar'), config, silent, process)).rejects.toThrow('not an archive')
    await expect(fsck(config, { repair: false }, silent)).rejects.toThrow(`${config.dataDir} is not a data directory`)
    rmSync(parent, { recursive: true })
  })
})
