import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { banner } from '../../src/cli/banner.js'
import type { SeedReport } from '../../src/seed/seeder.js'
import { readCommandLine } from '../../src/cli/command-line.js'
import { commands } from '../../src/cli/commands.js'
import { help } from '../../src/cli/help.js'
import { defaultConfig } from '../../src/config/config.js'
import { settings } from '../../src/config/settings.js'
import { version } from '../../src/version.js'
import { runCli } from '../support/run-cli.js'
import { neutralEnvironment, runCommand } from '../support/run-command.js'

/** The program that package.json names. */
const entry = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))

const cwd = mkdtempSync(join(tmpdir(), 'ecr-local-cli-'))
afterAll(() => rmSync(cwd, { recursive: true }))

describe('command line', () => {
  it('The command line takes flags before and after the command, in both spellings', () => {
    const expected = { command: 'start', flags: { port: '0', dataDir: 'x' }, options: {}, operands: [] }
    expect(readCommandLine(['start', '--port', '0', '--data-dir=x'])).toEqual(expected)
    expect(readCommandLine(['--port=0', '--data-dir', 'x', 'start'])).toEqual(expected)
  })

  it.each(Object.keys(commands))('The command line reads the examples in the help of ecr-local %s', (command) => {
    const text = help(command)
    expect(text).toMatch(new RegExp(`^ecr-local ${command}: .+\\.\n\necr-local ${command}`))
    const examples = (text.split(/^Examples?:$/m)[1] ?? '').trim().split('\n')
    for (const example of examples) {
      // What the shell makes of it: a substitution, a pipe and variables in front end at these characters.
      const [, words = ''] = /ecr-local ([^|)]+)/.exec(example) ?? []
      expect(readCommandLine(words.trim().split(' ')).command).toBe(command)
    }
  })

  it('The command line takes help and version in every common spelling', () => {
    const all = { command: 'help', flags: {}, options: {}, operands: [] }
    for (const args of [[], ['help'], ['--help'], ['-h'], ['help', '--help']])
      expect(readCommandLine(args)).toEqual(all)
    for (const args of [
      ['help', 'gc'],
      ['gc', '--help'],
      ['gc', '-h'],
      ['--help', 'gc'],
      ['gc', '--data-dir', 'x', '-h'],
    ])
      expect(readCommandLine(args)).toEqual({ ...all, operands: ['gc'] })
    for (const args of [['--version'], ['-v'], ['start', '-v']])
      expect(readCommandLine(args)).toEqual({ ...all, command: 'version' })
  })

  it('The command line of import takes the images to import', () => {
    const operands = ['ecr-public/nginx/nginx:latest', 'quay/app']
    expect(readCommandLine(['import', ...operands, '--port', '1'])).toEqual({
      ...{ command: 'import', flags: { port: '1' }, options: {}, operands },
    })
  })

  it('The command line of explain takes an optional request id and the flags of the emulator', () => {
    const asked = { command: 'explain', flags: { port: '1' }, options: {}, operands: ['0d1c'] }
    expect(readCommandLine(['explain', '0d1c', '--port', '1'])).toEqual(asked)
    expect(readCommandLine(['--port=1', 'explain', '0d1c'])).toEqual(asked)
    expect(readCommandLine(['explain'])).toEqual({ ...asked, flags: {}, operands: [] })
  })

  it('The command lines of certs, fsck and lifecycle take arguments of their own beside settings', () => {
    const line = { flags: {}, options: {}, operands: [] }
    const names = ['registry.test', '10.0.0.7']
    expect(readCommandLine(['certs', ...names, '--dir', 'x'])).toEqual({
      ...{ ...line, command: 'certs', operands: names, options: { dir: 'x' } },
    })
    expect(readCommandLine(['fsck', '--repair', '--data-dir=x'])).toEqual({
      ...{ ...line, command: 'fsck', flags: { dataDir: 'x' }, options: { repair: true } },
    })
    expect(readCommandLine(['fsck'])).toEqual({ ...line, command: 'fsck' })
    const operands = ['run', 'team/app', 'team/web']
    expect(readCommandLine(['lifecycle', ...operands, '--dry-run'])).toEqual({
      ...{ ...line, command: 'lifecycle', operands, options: { 'dry-run': true } },
    })
  })

  it.each([
    [
      ['strat'],
      'There is no command strat. Did you mean start? There are start, control-plane, data-plane, demo, import, export, ',
    ],
    [['help', 'cert'], 'There is no command cert. Did you mean certs? There are start,'],
    [['exlpain', '--help'], 'There is no command exlpain. Did you mean explain?'],
    [['kubernetes'], 'There is no command kubernetes. There are start,'],
    [['fsck', '--repair=no'], '--repair takes no value'],
    [
      ['lifecycle'],
      'ecr-local lifecycle needs to know what to do: ecr-local lifecycle run [REPOSITORY]... [--dry-run] [--json] [flags]',
    ],
    [['lifecycle', 'stop'], 'ecr-local lifecycle does not know stop: ecr-local lifecycle run'],
    [['lifecycle', 'run', '--dry-run=no'], '--dry-run takes no value'],
    [
      ['gc', '--dry-run'],
      '--dry-run is for ecr-local lifecycle, not for gc: ecr-local gc takes --json, --data-dir, --store, --blobs, --config, --log, --help',
    ],
    [
      ['gc', '--port', '1'],
      '--port is for ecr-local start, control-plane, import, status, top, env, explain, certs, not for gc',
    ],
    [
      ['status', '--store', 'memory'],
      '--store is for ecr-local start, control-plane, data-plane, import, export, gc, ',
    ],
    [['gc', '--json=yes'], '--json takes no value: write it alone, or leave it out'],
    [['--port', '1'], '--port needs a command: ecr-local start --port … (see ecr-local --help)'],
    [['help', '--repair'], '--repair needs a command: ecr-local fsck --repair … (see ecr-local --help)'],
    [['--versoin'], 'There is no flag --versoin. Did you mean --version? (see ecr-local --help)'],
    [['help', 'gc', 'fsck'], 'fsck is one argument too many: ecr-local help [COMMAND]'],
    [
      ['completion', 'tcsh'],
      'ecr-local completion does not know tcsh: ecr-local completion bash|zsh|fish|powershell (ecr-local help completion)',
    ],
    [['completion'], 'ecr-local completion needs to know the shell'],
    [['completion', 'bash', 'zsh'], 'zsh is one argument too many'],
    [
      ['completion', 'bash', '--json'],
      '--json is for ecr-local import, export, status, top, env, explain, gc, fsck, lifecycle, certs, not for',
    ],
    [['fsck', '--repare'], 'There is no flag --repare. Did you mean --repair? ecr-local fsck takes --repair, --json, '],
    [
      ['import'],
      'ecr-local import needs the images to import from their upstream, or an archive of state: ecr-local import NAME[:TAG|@DIGEST]... | FILE.tar | - [--json] [flags] (ecr-local help import)',
    ],
    [['start', '--repair'], '--repair is for ecr-local fsck, not for start'],
    [['gc', '--dir', 'x'], '--dir is for ecr-local certs, not for gc'],
    [['certs', '--dir='], '--dir needs a value'],
    [['gc', 'now'], 'now is one argument too many: ecr-local gc [--json] [flags] (ecr-local help gc)'],
    [['explain', '0d1c', '0d1d'], '0d1d is one argument too many: ecr-local explain [REQUEST-ID] [--json] [flags]'],
    [['start', 'demo'], 'demo is one argument too many'],
    [['start', '--prot', '1'], 'There is no flag --prot. Did you mean --port? ecr-local start takes --host, --port'],
    [['start', '-p', '1'], 'There is no flag -p. ecr-local start takes --host, --port'],
    [['start', '--port'], '--port needs a value: both planes, the API and the registry; 0 picks a free port'],
    [['start', '--port='], '--port needs a value'],
    [['demo', '--port', '1'], 'demo takes no settings'],
    [
      ['data-plane', '--port', '1'],
      '--port is for ecr-local start, control-plane, import, status, top, env, explain, certs, not',
    ],
    [['start', '--data-plane', 'http://a:1'], '--data-plane is for ecr-local control-plane, certs, not for start'],
    [['control-plane', '--init-dir', 'x'], '--init-dir is for ecr-local start, not for control-plane'],
    [['control-plane', '--real-names'], '--real-names is for ecr-local start, certs, not for control-plane'],
  ])('The command line refuses %j', (args, message) => {
    expect(() => readCommandLine(args)).toThrow(message)
  })
})

describe('ecr-local', () => {
  it('ecr-local prints its help without arguments and the help of a command with --help', async () => {
    const [alone, asked] = await Promise.all([runCli([], { cwd }), runCli(['gc', '--help'], { cwd })])
    expect(alone).toEqual({ code: 0, stdout: help(), stderr: '' })
    expect(asked).toEqual({ code: 0, stdout: help('gc'), stderr: '' })
    for (const { flag, environment } of settings) expect(alone.stdout).toMatch(new RegExp(`${flag} +${environment} `))
  })

  it('ecr-local refuses a Node that is too old in one line with exit status 2', async () => {
    const preload = join(cwd, 'old-node.cjs')
    for (const [found, isTooOld] of [
      ['18.20.8', true],
      ['20.18.3', true],
      ['20.19.0', false],
      ['22.0.0', false],
    ] as const) {
      writeFileSync(preload, `Object.defineProperty(process.versions, 'node', { value: '${found}' })`)
      const args = ['--require', preload, entry, '--version']
      const { exitCode, stdout, stderr } = await runCommand(process.execPath, args, { env: neutralEnvironment() })
      const expected = isTooOld
        ? { exitCode: 2, stdout: '', stderr: `ecr-local: Node ${found} is too old: ecr-local needs 20.19 or later\n` }
        : { exitCode: 0, stdout: `${version}\n`, stderr: '' }
      expect({ exitCode, stdout, stderr }).toEqual(expected)
    }
  })

  it('ecr-local creates no directory where explain, gc, fsck and import find nothing', async () => {
    const empty = mkdtempSync(join(cwd, 'empty-'))
    const runs = [['explain', '--port', '1'], ['gc'], ['fsck', '--repair'], ['import', 'app', '--port', '1']]
    const ended = await Promise.all(runs.map((args) => runCli(args, { cwd: empty })))
    expect(ended.map(({ code }) => code)).toEqual([2, 2, 2, 2])
    expect(readdirSync(empty)).toEqual([])
  })

  it('ecr-local prints its version', async () => {
    expect(await runCli(['--version'], { cwd })).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it.each([
    [['start', '--prot', '1'], {}, /^ecr-local: There is no flag --prot\. Did you mean --port\? .*\n$/],
    [['start', '--port', 'abc'], {}, /^ecr-local: --port must be a port: .*\n$/],
    [['start'], { ECR_LOCAL_LOG: 'loud' }, /^ecr-local: ECR_LOCAL_LOG must be one of .*\n$/],
    [['start', '--config', 'none.json'], {}, /^ecr-local: The configuration file none\.json cannot be read .*\n$/],
    [['control-plane', '--store', 'memory'], {}, /^ecr-local: .*--store memory cannot.*\n$/],
    [
      ['control-plane'],
      {},
      /^ecr-local: .*needs the secret that all planes share, in ECR_LOCAL_SECRET .*openssl .*\n$/,
    ],
    [['data-plane'], { ECR_LOCAL_SECRET: 'SHORT' }, /^ecr-local: ECR_LOCAL_SECRET must be 32 characters or more\n$/],
    [
      ['control-plane', '--registry-port', '0'],
      { ECR_LOCAL_SECRET: 'a secret of more than 32 characters' },
      /^ecr-local: .*needs to know where the data plane is: .*--registry-port.*--data-plane\n$/,
    ],
    [
      ['start', '--tls-cert', 'none.pem', '--tls-key', 'none.pem'],
      {},
      /^ecr-local: --tls-cert none\.pem cannot be read .*\n$/,
    ],
  ])('ecr-local refuses %j with %j in one line with exit status 2', async (args, env, message) => {
    const { code, stdout, stderr } = await runCli(args, { cwd, env })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })
})

describe('banner', () => {
  const listening = { endpoint: 'http://localhost:4566', registry: 'localhost:4510' }

  it('The banner shows both addresses and commands that can be copied', () => {
    const text = banner(listening, defaultConfig, false)
    expect(text).toContain('Control plane  http://localhost:4566\n')
    expect(text).toContain('Registry       localhost:4510\n')
    expect(text).toMatch(
      /^ *aws --endpoint-url http:\/\/localhost:4566 ecr create-pull-through-cache-rule .* public\.ecr\.aws$/m,
    )
    expect(text).toMatch(/get-login-password \| docker login .* localhost:4510$/m)
  })

  it('The banner shows where state and images are, without the password, and https addresses', () => {
    const store = 'redis://user:pw@redis:6379/0'
    const shown = (config: object) => banner(listening, { ...defaultConfig, ...config }, false)
    expect(shown({})).toMatch(/^ {2}State {10}\.ecr-local$/m)
    expect(shown({ store })).toMatch(/^ {2}State {10}redis:\/\/…@redis:6379\/0, images in \.ecr-local$/m)
    expect(shown({ store, blobs: 's3://images/team' })).toMatch(/, images in s3:\/\/images\/team$/m)
    expect(shown({ tlsCert: 'cert.pem' })).toMatch(/^ {2}Registry {7}https:\/\/localhost:4510$/m)
  })

  it('The banner shows what became of the seed, if there is one', () => {
    const registry = { account: '000000000000', region: 'us-east-1' }
    const line = { registry, path: '/seed/repositories/0', title: 'repository team/app' }
    const lines = [
      { ...line, outcome: 'created' },
      { ...line, outcome: 'failed' },
    ] as const
    const shown = (seed: SeedReport) => banner({ ...listening, seed }, defaultConfig, false)
    expect(shown({ lines, images: Promise.resolve([]) })).toMatch(/^ {2}Seed {11}1 created, 1 failed$/m)
    expect(shown({ lines: [], images: Promise.resolve([]) })).not.toMatch(/Seed/)
  })

  it('The banner warns loudly if other machines can reach the default key', () => {
    expect(banner(listening, { ...defaultConfig, host: '0.0.0.0' }, false)).toMatch(
      /^ {2}OTHER MACHINES MAY REACH THIS /m,
    )
    expect(banner(listening, defaultConfig, false)).not.toContain('OTHER MACHINES')
  })

  it('The banner warns loudly if authentication is relaxed', () => {
    expect(banner(listening, { ...defaultConfig, auth: 'relaxed' }, false)).toMatch(/^ {2}AUTH IS RELAXED: /m)
    expect(banner(listening, defaultConfig, false)).not.toMatch(/relaxed/i)
  })

  it('The banner offers the default key only where it is valid', () => {
    expect(banner(listening, defaultConfig, false)).toContain('AWS_SECRET_ACCESS_KEY=test')
    const accounts = { '111122223333': { users: { dev: { accessKeys: { AKIDEXAMPLE: 'secret' } } } } }
    expect(banner(listening, { ...defaultConfig, accounts }, false)).not.toContain('AWS_SECRET_ACCESS_KEY')
  })
})
