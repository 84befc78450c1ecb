import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { environmentText } from '../../src/cli/env-command.js'
import { type Shell, shellNamed, syntaxOf } from '../../src/cli/shell-syntax.js'
import { defaultConfig } from '../../src/config/config.js'
import { UsageError } from '../../src/config/usage-error.js'
import { emulatorProcess } from '../support/emulator-process.js'
import { freePort } from '../support/free-port.js'
import { runCli } from '../support/run-cli.js'
import { isInstalled } from '../support/system-tools.js'
import { wholeEmulator } from '../support/whole-emulator.js'

/** Values in which each shell has something to mistake. */
const NASTY = [
  "it's",
  'a "b" c',
  '$HOME `id` $(id)',
  String.raw`back\slash\' \\`,
  '%PATH% ^ & | ; #',
  '’typographic‘',
  '',
]

const options = { unset: false, json: false, environment: {}, platform: 'linux' as const }
const textFor = async (shell: string, settings = {}, more = {}) =>
  environmentText({ ...defaultConfig, port: await freePort(), ...settings }, { ...options, shell, ...more })

/** What a shell has in its environment after it ran these lines. */
function environmentAfter(shell: string, text: string, env: NodeJS.ProcessEnv = {}): Record<string, string> {
  const script = `${text}\nexec "${process.execPath}" -p 'JSON.stringify(process.env)'`
  const output = execFileSync(shell, ['-c', script], { env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env } })
  return JSON.parse(output.toString()) as Record<string, string>
}

describe.each(['bash', 'sh', 'fish', 'zsh', 'dash'])('The syntax of %s', (program) => {
  const shell: Shell = shellNamed(program) ?? 'sh'
  it.runIf(isInstalled(program))('Every value arrives as it is, and can be removed', () => {
    const { set, unset } = syntaxOf(shell)
    const lines = NASTY.map((value, index) => set(`VALUE_${index}`, value))
    const environment = environmentAfter(program, lines.join('\n'))
    expect(NASTY.map((_, index) => environment[`VALUE_${index}`])).toEqual(NASTY)
    const removed = environmentAfter(program, [...lines, unset('VALUE_0'), unset('NEVER_SET')].join('\n'))
    expect([removed.VALUE_0, removed.VALUE_1]).toEqual([undefined, NASTY[1]])
  })
})

describe('The syntax of PowerShell and of cmd', () => {
  it('PowerShell gets its single quotes doubled, the typographic ones, too', () => {
    expect(syntaxOf('powershell').set('A', "it's ’so‘")).toBe("$Env:A = 'it''s ’’so‘‘'")
    expect(syntaxOf('powershell').unset('A')).toBe('Remove-Item -ErrorAction SilentlyContinue Env:A')
  })
  it('The lines for cmd quote the whole assignment', () => {
    expect(syntaxOf('cmd').set('A', 'b & c')).toBe('set "A=b & c"')
    expect(syntaxOf('cmd').unset('A')).toBe('set "A="')
  })
})

describe('ecr-local env', () => {
  it('The output of ecr-local env, evaluated by bash, leads to the emulator that runs', async () => {
    await using emulator = await emulatorProcess()
    const port = new URL(emulator.endpoint).port
    const { stdout, code } = await runCli(['env', '--port', port], { cwd: '/', env: { SHELL: '/bin/bash' } })
    expect(code).toBe(0)
    const environment = environmentAfter('bash', `eval "$OUTPUT"`, {
      OUTPUT: stdout,
      AWS_PROFILE: 'of something else',
      AWS_SESSION_TOKEN: 'of something else',
    })
    expect(environment).toMatchObject({
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      ECR_REGISTRY: emulator.registry,
    })
    expect(environment).not.toHaveProperty('AWS_PROFILE')
    expect(environment).not.toHaveProperty('AWS_SESSION_TOKEN')
  })

  it('The last line is the command to type, with the flags that it needs again and without the admin token', async () => {
    const flags = { port: '4999', adminToken: 'token-of-the-operator', config: 'with a space.json' }
    const text = await textFor('bash', { port: 4999 }, { flags })
    expect(text.trimEnd().split('\n').at(-1)).toBe('# eval "$(ecr-local env --shell bash --port 4999)"')
  })

  it('If nothing runs, the variables are those of the settings', async () => {
    const text = await textFor('json', { port: 4599, registryPort: 4510, tlsCert: 'x.crt' }, { json: true })
    expect(JSON.parse(text)).toMatchObject({
      AWS_ENDPOINT_URL: 'https://localhost:4599',
      ECR_REGISTRY: 'localhost:4510',
    })
  })

  it('An emulator that does not tell without its admin token leads to the settings, too', async () => {
    await using guarded = await wholeEmulator({ adminToken: 'token-of-the-operator' })
    const port = Number(new URL(guarded.endpoint).port)
    const text = await textFor('json', { port }, { json: true })
    expect(JSON.parse(text)).toMatchObject({ AWS_ENDPOINT_URL: guarded.endpoint })
  })

  it('The Region of the environment stays', async () => {
    const text = await textFor('bash', {}, { environment: { AWS_DEFAULT_REGION: 'eu-west-1' } })
    expect(text).toContain("export AWS_REGION='eu-west-1'\n")
    const empty = await textFor('bash', {}, { environment: { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' } })
    expect(empty).toContain("export AWS_REGION='eu-west-1'\n")
  })

  it.each(['cmd', 'bash'])(
    'A value of more than one line is refused, because %s might run the second',
    async (shell) => {
      const environment = { AWS_REGION: 'eu-west-1\ncalc.exe' }
      await expect(textFor(shell, {}, { environment })).rejects.toThrow(
        new UsageError('AWS_REGION would be "eu-west-1\\ncalc.exe", and a shell gets no value of more than one line'),
      )
    },
  )

  it('A program that answers otherwise than this version is not believed', async () => {
    const impostor = createServer((_, res) => res.end('{"uptimeSeconds":1,"registries":[],"registry":"other.test"}'))
    await once(impostor.listen(0, '127.0.0.1'), 'listening')
    const { port } = impostor.address() as AddressInfo
    const text = await textFor('bash', { port })
    expect(text).toContain(`export ECR_REGISTRY='localhost:${port}'\n`)
    impostor.close()
  })

  it('Access keys of the configuration are not printed, and those of the user stay', async () => {
    const policies = [{ Version: '2012-10-17', Statement: [] }]
    const accounts = { '111122223333': { users: { a: { accessKeys: { AKIA1: 'hidden' }, policies } } } }
    const text = await textFor('bash', { accounts })
    expect(text).toContain('AWS_ENDPOINT_URL')
    expect(text).not.toMatch(/ACCESS_KEY|hidden|unset/)
  })

  it('With --unset the same variables are removed', async () => {
    expect(await textFor('fish', {}, { unset: true })).toContain('set -e AWS_ENDPOINT_URL\n')
    expect(await textFor('bash', {}, { unset: true })).toMatch(/^(unset \w+\n){6}$/)
  })

  it('The shell is the one of --shell, or the one that the environment shows', async () => {
    const guess = async (environment: NodeJS.ProcessEnv, platform: NodeJS.Platform = 'linux') => {
      const text = await environmentText(
        { ...defaultConfig, port: await freePort() },
        { ...options, environment, platform },
      )
      return text.split('\n').find((line) => line.includes('AWS_REGION'))
    }
    expect(await guess({ SHELL: '/usr/bin/fish' })).toBe("set -gx AWS_REGION 'us-east-1'")
    expect(await guess({ SHELL: '/bin/zsh' })).toBe("export AWS_REGION='us-east-1'")
    expect(await guess({ SHELL: '/bin/tcsh' })).toBe("export AWS_REGION='us-east-1'")
    expect(await guess({ SHELL: '/bin/bash', PSModulePath: '/opt' })).toBe("$Env:AWS_REGION = 'us-east-1'")
    expect(await guess({ PSModulePath: 'C:\\' }, 'win32')).toBe("$Env:AWS_REGION = 'us-east-1'")
    expect(await guess({ PSModulePath: 'C:\\', PROMPT: '$P$G' }, 'win32')).toBe('set "AWS_REGION=us-east-1"')
    expect(await textFor('pwsh')).toContain('$Env:AWS_REGION')
    await expect(textFor('tcsh')).rejects.toThrow(
      '--shell tcsh is not known: there are bash, zsh, sh, fish, powershell, cmd',
    )
  })

  it('Port 0 is no port to lead to', async () => {
    await expect(textFor('bash', { port: 0 })).rejects.toThrow('Give its port with --port')
  })
})
