import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fittedLine } from '../../src/cli/fitted-line.js'
import { isUnicodeLocale, sparkline } from '../../src/cli/sparkline.js'
import { formatMilliseconds } from '../../src/registry/amounts.js'
import { statusOf } from '../../src/cli/status-command.js'
import { importsInFlight } from '../../src/cli/top-imports.js'
import { top, type TopOptions, type TopProcess } from '../../src/cli/top-command.js'
import { defaultConfig } from '../../src/config/config.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { installation } from '../../src/registry/registry.js'
import { processStatistics } from '../../src/registry/statistics/statistics-writer.js'
import type { BackgroundProcess } from '../support/background-process.js'
import { startProcess } from '../support/background-process.js'
import { describeWith, terminalNeeds } from '../support/describe-with.js'
import { startEmulator } from '../support/emulator.js'
import { freePort } from '../support/free-port.js'
import { runCli } from '../support/run-cli.js'
import { neutralEnvironment } from '../support/run-command.js'
import { silent } from '../support/silent-log.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const entry = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))
const utf8 = { LANG: 'C.UTF-8' }

const account = '123456789012'
const registry = { account, region: 'us-east-1' }

let emulator: Awaited<ReturnType<typeof startEmulator>>
let port: string
beforeAll(async () => {
  emulator = await startEmulator()
  port = new URL(emulator.endpoint).port
  const { store, clock, ids } = emulator.deps
  const rule = { ecrRepositoryPrefix: 'pub', upstreamRegistryUrl: 'public.ecr.aws', createdAt: 0, updatedAt: 0 }
  await store.rules.put(registry, 'pub', rule)
  const plan = { ...registry, repository: 'pub/large', digest: 'sha256:1', tag: 'v2', plannedAt: 0 }
  await store.imports.put(installation, keyOf(account, registry.region, 'pub/large', 'sha256:1'), plan)
  const { recorder, flush } = processStatistics({ store, clock, ids, log: silent })
  const pull = { registry, repository: 'pub/app', reference: 'v1', principal: `arn:aws:iam::${account}:user/dev` }
  const bytes = { cache: 3_000_000, upstream: 0 }
  for (let count = 0; count < 2; count++) recorder.pulled({ ...pull, bytes, isPulledThrough: true, source: 'cache' })
  recorder.manifest(registry, 'cache', 2)
  await flush()
})
afterAll(() => emulator[Symbol.asyncDispose]())

describe('ecr-local top where standard output is no terminal', () => {
  /** The text of `top` in this process, to a file. */
  async function topText(options: Partial<TopOptions> = {}, env: NodeJS.ProcessEnv = utf8, at = Number(port)) {
    const written: string[] = []
    const stdout = { isTTY: false, write: (text: string) => written.push(text) > 0 }
    const file = Object.create(process, { stdout: { value: stdout }, env: { value: env } }) as TopProcess
    const status = await top(
      { ...defaultConfig, port: at },
      { ...{ period: 'hour', json: false, once: false }, ...options },
      file,
    )
    return { status, text: written.join('') }
  }

  it('It prints one report and ends', async () => {
    const { code, stdout, stderr } = await runCli(['top', '--port', port], { cwd: '/', env: utf8 })
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.split('\n')
    expect(lines[0]).toBe('ecr-local  last hour  http://localhost:4566')
    expect(stdout).toMatch(/\ncache {5}▁+[▂-█]▁*\nupstream {2}▁{60}\n/)
    expect(stdout).toContain('\nPulls     2 from the cache, 0 from upstreams\n')
    expect(stdout).toContain('\nSpared    5.7 MiB that upstreams did not have to send again\n')
    expect(stdout).toContain('\nCached    manifests after 2 ms (p50), 2 ms (p95)\nImported  none\n')
    expect(stdout).toMatch(/\nImports in flight: 1\n.*pub\/large:v2\n/)
    expect(stdout).toMatch(/\n {3}PULLS {7}BYTES {2}IMAGE\n {7}2 {5}5\.7 MiB {2}pub\/app:v1\n/)
    expect(stdout).toMatch(/\n {7}2 {5}5\.7 MiB {2}arn:aws:iam::123456789012:user\/dev\n/)
    expect(stdout).toMatch(
      /\n {7}2 {7}0 {5}5\.7 MiB {5}0 bytes {5}0 bytes {2}pub \(public\.ecr\.aws\), 123456789012 us-east-1\n/,
    )
    expect(stdout).not.toContain('\x1b')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(120)
  })

  it('It shows how far an import is that another process carries out', async () => {
    const { importActivity } = emulator.deps.store
    const run = { ...registry, repository: 'pub/large', digest: 'sha256:1', tag: 'v2', plannedAt: 0 }
    const bytes = { receivedBytes: 5 * 1024 * 1024, expectedBytes: 10 * 1024 * 1024 }
    const imports = [{ ...run, ...bytes, layers: [], layersLeftOut: 0 }]
    let beat = 0
    const lives = setInterval(
      () => void importActivity.put(installation, 'plane', { process: 'plane', beat: beat++, imports, transfers: [] }),
      100,
    )
    const { text } = await topText()
    clearInterval(lives)
    expect(text).toContain('\nImports in flight: 1\n[##########----------] 5.0 MiB of 10.0 MiB  pub/large:v2\n')
  })

  it.each(['{garbage', '{"of":"another kind"}', '[1]', 'null'])(
    'A stream that says %s of the imports leaves those of the status',
    async (data) => {
      const stream = createServer((_, res) => void res.write(`event: imports\ndata: ${data}\n\n`))
      await new Promise<void>((resolve) => stream.listen(0, '127.0.0.1', resolve))
      const at = { ...defaultConfig, port: (stream.address() as { port: number }).port }
      const fromStatus = { count: 1, first: [] }
      expect(await importsInFlight(at, { imports: fromStatus }, 100)).toEqual(fromStatus)
      stream.closeAllConnections()
      stream.close()
    },
  )

  it('It prints ASCII only where the locale has no UTF-8', async () => {
    const { text } = await topText({}, { LANG: 'C' })
    expect(text).toMatch(/\ncache {5}_+[.:=+*#-]_*\n/)
    expect(text).toMatch(/^\p{ASCII}*$/u)
  })

  it('It prints JSON of the last day', async () => {
    const { text } = await topText({ json: true, period: 'day' })
    const report = JSON.parse(text) as { buckets: object[] }
    expect(report).toMatchObject({
      period: 'day',
      total: { pulls: { cache: 2, upstream: 0 } },
      images: [{ repository: 'pub/app', pulls: 2 }],
      imports: { count: 1, first: [{ repository: 'pub/large' }] },
      failures: [],
    })
    expect(report.buckets).toHaveLength(144)
  })

  it('A wrong period is refused', async () => {
    const refused = await runCli(['top', '--period', 'week'], { cwd: '/' })
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toBe('ecr-local: --period must be hour or day; got week\n')
  })

  it('If nothing runs it says what to type and ends with 1', async () => {
    const unused = await freePort()
    const message = `Nothing runs at http://localhost:${unused}: start it with ecr-local start, or name another with --host and --port`
    expect(await topText({}, utf8, unused)).toEqual({ status: 1, text: `${message}\n` })
    const { text } = await topText({ json: true }, utf8, unused)
    expect(JSON.parse(text)).toEqual({ isRunning: false, endpoint: `http://localhost:${unused}`, message })
  })

  it('The status has the same figures in a few lines, and in its JSON', async () => {
    const status = (json: boolean) => statusOf({ ...defaultConfig, port: Number(port) }, { json, isColored: false })
    expect((await status(false)).text).toMatch(
      /\nIn the last hour:\n {2}Pulls {5}2 from the cache, 0 from upstreams\n(?: {2}.*\n)* {2}Images {4}pub\/app:v1 \(2\)\n/,
    )
    expect(JSON.parse((await status(true)).text)).toMatchObject({
      lastHour: { pulls: { cache: 2, upstream: 0 }, images: [{ repository: 'pub/app', pulls: 2 }] },
    })
  })
})

describeWith(terminalNeeds, 'ecr-local top on a terminal', () => {
  /** A terminal of its own, whose settings before and after the program are in files. */
  async function topOn(size: string, env: NodeJS.ProcessEnv = {}) {
    const directory = await temporaryDirectory()
    const at = (name: string) => join(directory.path, name)
    const program = `${process.execPath} ${entry} top --port ${port}`
    const command = `stty ${size}; tty > ${at('tty')}; stty -g > ${at('before')}; echo $$ > ${at('pid')}; ${program}; echo status $?; stty -g > ${at('after')}; echo over`
    const terminal = await startProcess('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      ready: /\[\?1049h/,
      env: { ...neutralEnvironment(), TERM: 'xterm', SHELL: '/bin/sh', ...utf8, NO_COLOR: '1', ...env },
      input: true,
    })
    const text = (name: string) => readFile(at(name), 'utf8')
    return {
      terminal,
      output: () => terminal.lines.join('\n'),
      /** The lines of the latest picture. */
      picture: () => linesOfLastPicture(terminal),
      resize: async (columns: number, rows: number) =>
        execFileSync('stty', ['-F', (await text('tty')).trim(), 'cols', String(columns), 'rows', String(rows)]),
      program: async () =>
        Number(execFileSync('pgrep', ['-P', (await text('pid')).trim(), 'node'], { encoding: 'utf8' }).trim()),
      async requireRestored(status: number) {
        await terminal.line(/over/)
        const all = terminal.lines.join('\n')
        expect(all).toContain('\x1b[?7h\x1b[?25h\x1b[?1049l')
        expect(all).toContain(`status ${status}`)
        expect(await text('after')).toBe(await text('before'))
      },
      async [Symbol.asyncDispose]() {
        await terminal.stop('SIGKILL')
        await directory[Symbol.asyncDispose]()
      },
    }
  }

  function linesOfLastPicture({ lines }: BackgroundProcess): string[] {
    const last = lines.join('\n').split('\x1b[H').at(-1) ?? ''
    return last.split('\n').map((line) => line.replaceAll('\x1b[K', '').replaceAll('\x1b[J', '').trimEnd())
  }

  it('It takes the other screen, is drawn anew every two seconds and when the size changes, and q leaves no trace', async () => {
    await using top = await topOn('cols 60 rows 18')
    await expect.poll(top.picture, { timeout: 5_000 }).toContain('Pulls     2 from the cache, 0 from upstreams')
    expect(Math.max(...top.picture().map(({ length }) => length))).toBeLessThanOrEqual(60)
    expect(top.picture().length).toBeLessThanOrEqual(18)

    await top.resize(40, 8)
    await expect.poll(() => Math.max(...top.picture().map(({ length }) => length)), { timeout: 5_000 }).toBe(40)
    expect(top.picture()).toContain('Bytes     0 bytes from the cache, 0 byt…')
    expect(top.picture().length).toBeLessThanOrEqual(8)
    const drawn = top.output().split('\x1b[H').length
    await expect.poll(() => top.output().split('\x1b[H').length, { timeout: 5_000 }).toBeGreaterThan(drawn)
    top.terminal.write('q')
    await top.requireRestored(0)
  })

  it.each([
    ['Ctrl-C', 0],
    ['SIGTERM', 143],
  ])('%s leaves the terminal as it was, with status %i', async (how, status) => {
    await using top = await topOn('cols 100 rows 30')
    if (how === 'Ctrl-C') top.terminal.write('\x03')
    else process.kill(await top.program(), 'SIGTERM')
    await top.requireRestored(status)
  })

  it('It is coloured unless NO_COLOR is set', async () => {
    await using top = await topOn('cols 100 rows 30', { NO_COLOR: '' })
    await expect.poll(top.output, { timeout: 5_000 }).toContain('\x1b[1mecr-local\x1b[22m')
  })
})

describe('lines of ecr-local top', () => {
  it('A sparkline shows nothing as the lowest level and every value above it', () => {
    const form = { width: 8, highest: 100, isUnicode: true }
    expect(sparkline([0, 1, 50, 100], form)).toBe('▁▂▅█')
    expect(sparkline([0, 1, 50, 100], { ...form, isUnicode: false })).toBe('_.=#')
    expect(sparkline([0, 0], { ...form, highest: 0 })).toBe('▁▁')
  })

  it('A series that is longer than the line is summed, and its latest sum is whole', () => {
    const form = { width: 2, highest: 7, isUnicode: true }
    expect(sparkline([0, 0, 3, 4], form)).toBe('▁█')
    expect(sparkline([7, 0, 0, 0, 0], { ...form, width: 3 })).toBe('█▁▁')
  })

  it('A line is cut at its width before it is coloured, and control characters in it are shown as question marks', () => {
    const red = (text: string) => `<${text}>`
    expect(fittedLine(['ab ', ['cdef', red]], { width: 5, isUnicode: true })).toBe('ab <c…>')
    expect(fittedLine(['ab ', ['cdef', red]], { width: 5, isUnicode: false })).toBe('ab <c~>')
    expect(fittedLine(['ab ', ['cdef', red]], { width: 7, isUnicode: true })).toBe('ab <cdef>')
    expect(fittedLine(['a\x1b[2Jb\n'], { width: 10, isUnicode: true })).toBe('a?[2Jb?')
  })

  it.each([
    [{ LANG: 'de_DE.UTF-8' }, 'linux', true],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, 'linux', false],
    [{ LC_ALL: '', LC_CTYPE: 'en_US.utf8' }, 'darwin', true],
    [{}, 'linux', false],
    [{}, 'win32', true],
  ] as const)('The locale of %j on %s has UTF-8: %s', (env, platform, expected) => {
    expect(isUnicodeLocale(env, platform)).toBe(expected)
  })

  it.each([
    [0.8414, '0.841 ms'],
    [12.34, '12.3 ms'],
    [999.6, '1000 ms'],
    [4100, '4.1 s'],
    [150_000, '2.5 min'],
  ])('%d milliseconds are %s', (milliseconds, text) => {
    expect(formatMilliseconds(milliseconds)).toBe(text)
  })
})
