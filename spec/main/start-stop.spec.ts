import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { request } from 'undici'
import { lmdbKeyValue } from '../../src/adapters/lmdb/key-value.js'
import { adviceFor } from '../../src/adapters/redis/redis-errors.js'
import { openExistingStorage } from '../../src/cli/existing-storage.js'
import { usageErrorFrom } from '../../src/cli/startup-errors.js'
import { defaultConfig } from '../../src/config/config.js'
import { startProcess } from '../support/background-process.js'
import { describeWith, terminalNeeds } from '../support/describe-with.js'
import { runCli, startCli } from '../support/run-cli.js'
import { neutralEnvironment } from '../support/run-command.js'
import { silent } from '../support/silent-log.js'

/** The program that package.json names. */
const entry = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))

const cwd = mkdtempSync(join(tmpdir(), 'ecr-local-start-'))
afterAll(() => rmSync(cwd, { recursive: true }))

const free = ['--port', '0', '--registry-port', '0']
const inMemory = ['start', ...free, '--store', 'memory']
const urlOf = (host: string) => new URL(host.includes('://') ? host : `http://${host}`)

/** A client that begins a request and never ends it, so that its connection is busy when the planes stop. */
async function stalled(host: string) {
  const { hostname, port } = urlOf(host)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  const asked = 'POST / HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 1000\r\n\r\n'
  socket.write(asked)
  await once(socket, 'data')
  return socket
}

describe('message of a failed start', () => {
  it('The message of a failed start keeps the advice for a Redis that wants a password', () => {
    const error = new Error(
      `Redis does not answer (NOAUTH): ${adviceFor(new Error('NOAUTH Authentication required.'))}.`,
    )
    expect(usageErrorFrom(error, { host: '127.0.0.1', port: 4566 })?.message).toBe(error.message)
  })
})

describe('start', () => {
  it('The start prints a JSON line and LocalStack’s Ready. if not on a terminal, and then both planes answer', async () => {
    await using run = startCli(inMemory, { cwd })
    const ready = await run.ready()
    expect(ready).toEqual({
      ...{ level: 30, time: expect.any(Number), msg: 'ready' },
      endpoint: expect.stringMatching(/^http:\/\/localhost:\d+$/),
      registry: expect.stringMatching(/^localhost:\d+$/),
    })
    const health = async (base: string) => (await fetch(new URL('/health', base))).json()
    expect(await health(ready.endpoint)).toMatchObject({ status: 'ok', plane: 'control', store: 'memory' })
    expect(await health(`http://${ready.registry}`)).toMatchObject({ status: 'ok', plane: 'data', store: 'memory' })
    run.signal('SIGTERM')
    const [first, second, ...more] = (await run.ended).stdout.trim().split('\n')
    expect([JSON.parse(first ?? ''), second]).toEqual([ready, 'Ready.'])
    const inHand = { calls: 0, pullsAndPushes: 0, layersFromUpstream: 0 }
    expect(more.map((line) => JSON.parse(line) as unknown)).toEqual([
      { level: 30, time: expect.any(Number), reason: 'SIGTERM', ...inHand, msg: 'stopping' },
    ])
  })

  it('Planes without a certificate keep running after SIGHUP', async () => {
    await using run = startCli(inMemory, { cwd })
    const { endpoint } = await run.ready()
    run.signal('SIGHUP')
    for (let count = 0; count < 3; count++) expect((await fetch(new URL('/health', endpoint))).status).toBe(200)
    run.signal('SIGTERM')
    expect(await run.ended).toMatchObject({ code: 0 })
  })

  it('The start prints only these two lines if the log is silent', async () => {
    await using run = startCli([...inMemory, '--log', 'silent'], { cwd })
    await run.ready()
    run.signal('SIGTERM')
    const { stdout } = await run.ended
    expect(stdout.trim().split('\n')).toHaveLength(2)
  })

  it('The start creates the data directory and can use it again in the next run', async () => {
    const dataDir = join(cwd, 'deep', 'state')
    await using first = startCli(['start', ...free, '--data-dir', dataDir], { cwd })
    await first.ready()
    first.signal('SIGTERM')
    expect(await first.ended).toMatchObject({ code: 0 })
    expect(existsSync(join(dataDir, 'state'))).toBe(true)
    await using second = startCli(['start', ...free, '--data-dir', dataDir], { cwd })
    expect((await second.ready()).msg).toBe('ready')
  })

  it('The start takes its settings from the environment and from ecr-local.json', async () => {
    const folder = mkdtempSync(join(cwd, 'configured-'))
    const policies = ['AmazonEC2ContainerRegistryReadOnly']
    const accounts = { '111122223333': { users: { dev: { accessKeys: { AKIADEV: 'its secret' }, policies } } } }
    writeFileSync(join(folder, 'ecr-local.json'), JSON.stringify({ port: 0, registryPort: 0, accounts }))
    await using run = startCli(['start'], { cwd: folder, env: { ECR_LOCAL_STORE: 'memory' } })
    const { endpoint } = await run.ready()
    const credentials = { accessKeyId: 'AKIADEV', secretAccessKey: 'its secret' }
    const ecr = new ECRClient({ endpoint, region: 'eu-west-1', credentials })
    expect((await ecr.send(new DescribeRepositoriesCommand())).repositories).toEqual([])
  })
})

describe('refused start', () => {
  it.each(['--port', '--registry-port'])(
    'A start is refused in one line if its %s is in use, and leaves no data directory',
    async (flag) => {
      const holder = createServer().listen(0, '127.0.0.1')
      await once(holder, 'listening')
      const { port } = holder.address() as AddressInfo
      const { code, stdout, stderr } = await runCli(['start', ...free, '--log', 'silent', flag, String(port)], { cwd })
      holder.close()
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(
        new RegExp(`^ecr-local: Port ${port} is in use by a program other than ecr-local: .* ${flag} .*\\n$`),
      )
      const config = { ...defaultConfig, dataDir: join(cwd, defaultConfig.dataDir) }
      await expect(openExistingStorage(config, 'fsck', silent)).rejects.toThrow('is not a data directory')
    },
  )

  it('A start is refused in one line if the data directory cannot be created', async () => {
    writeFileSync(join(cwd, 'file'), '')
    const { code, stderr } = await runCli(['start', ...free, '--data-dir', join('file', 'below')], { cwd })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^ecr-local: The data directory file\/below is a file, or below one: .*\n$/)
  })

  it('A start is refused in one line if the data directory has another layout', async () => {
    mkdirSync(join(cwd, 'other'))
    writeFileSync(join(cwd, 'other', 'layout.json'), '{"layout":99}')
    const { code, stderr } = await runCli(['start', ...free, '--data-dir', 'other'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^ecr-local: The data directory other has layout 99, .*\n$/)
  })

  it('A start is refused in one line if the state cannot be opened', async () => {
    mkdirSync(join(cwd, 'broken', 'state', 'data.mdb'), { recursive: true })
    const { code, stderr } = await runCli(['start', ...free, '--data-dir', 'broken'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^ecr-local: .+\n$/)
  })

  it.each(['start', 'data-plane', 'fsck', 'gc'])('ecr-local %s refuses a truncated embedded store', async (command) => {
    const state = join(cwd, `cut-${command}`, 'state')
    mkdirSync(state, { recursive: true })
    writeFileSync(join(cwd, `cut-${command}`, 'layout.json'), '{"layout":1}')
    const store = lmdbKeyValue({ path: state })
    await store.commit({ account: '1', region: 'r' }, [], [{ collection: 'records', key: 'a', value: 'b' }])
    await store.close()
    truncateSync(join(state, 'data.mdb'), 2 * 4096)
    const ports = command === 'start' ? free : []
    const secret = command === 'data-plane' ? ['--secret', 'all planes of this installation hold this secret'] : []
    const flags = ['--data-dir', `cut-${command}`, ...secret, ...ports]
    const { code, stderr } = await runCli([command, ...flags], { cwd })
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^(\{.*\}\n)?ecr-local: .*data\.mdb is damaged \(it was cut short: .*\n$/),
    })
  })

  it('A start is refused in one line if the host is not an address of this machine', async () => {
    const { code, stderr } = await runCli([...inMemory, '--host', '203.0.113.5'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^ecr-local: --host 203\.0\.113\.5 is not an address of this machine .*\n$/)
  })
})

describe('stop', () => {
  it('Stopping npm start stops the planes, too, and leaves no process behind', async () => {
    const npm = ['start', '--ignore-scripts', '--silent', '--', ...inMemory.slice(1)]
    await using started = await startProcess('npm', npm, { ready: /"msg":"ready"/, env: neutralEnvironment() })
    const { endpoint } = JSON.parse(started.readyLine) as { endpoint: string }
    await started.stop('SIGTERM')
    await expect
      .poll(() => request(`${endpoint}/health`).catch((error: unknown) => error))
      .toMatchObject({
        code: 'ECONNREFUSED',
      })
    expect(started.lines.join()).toContain('"msg":"stopping"')
  })

  it.skipIf(process.platform !== 'linux')(
    'Planes stop with the shell that npm put above them and survive any other (skipped away from Linux)',
    async () => {
      const command = `"${process.execPath}" "${entry}" ${inMemory.join(' ')}; true`
      const underShell = (env: NodeJS.ProcessEnv) =>
        startProcess('sh', ['-c', command], { ready: /"msg":"ready"/, env: { ...neutralEnvironment(), ...env } })
      await using byNpm = await underShell({ npm_lifecycle_script: 'ecr-local start' })
      await using byHand = await underShell({})
      const planeOf = ({ readyLine, pid }: { readyLine: string; pid: number }) => ({
        health: `${(JSON.parse(readyLine) as { endpoint: string }).endpoint}/health`,
        pid: Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')),
      })
      const [ofNpm, ofHand] = [planeOf(byNpm), planeOf(byHand)]
      process.kill(byNpm.pid, 'SIGKILL')
      process.kill(byHand.pid, 'SIGKILL')
      const stopped = { code: 'ECONNREFUSED' }
      const stopByHand = () => process.kill(ofHand.pid, 'SIGTERM')
      await expect
        .poll(() => request(ofNpm.health).catch((error: unknown) => error), { timeout: 20_000 })
        .toMatchObject(stopped)
      const stays = await request(ofHand.health).finally(stopByHand)
      expect(stays.statusCode).toBe(200)
    },
  )

  it.each(['SIGTERM', 'SIGINT'] as const)('The planes stop on %s with exit status 0', async (signal) => {
    await using run = startCli(inMemory, { cwd })
    await run.ready()
    run.signal(signal)
    expect(await run.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('The planes stop within 5 s although a client stalls', async () => {
    await using run = startCli(inMemory, { cwd })
    const { endpoint } = await run.ready()
    const client = await stalled(endpoint)
    const begun = performance.now()
    run.signal('SIGTERM')
    const { code } = await run.ended
    expect(code).toBe(0)
    expect(performance.now() - begun).toBeLessThan(5000)
    client.destroy()
  })

  it('The planes stop at once on a second signal', async () => {
    await using run = startCli(inMemory, { cwd })
    const { endpoint } = await run.ready()
    const client = await stalled(endpoint)
    const begun = performance.now()
    run.signal('SIGTERM')
    const again = setInterval(() => run.signal('SIGINT'), 100)
    const { code } = await run.ended
    clearInterval(again)
    expect(code).toBe(130)
    expect(performance.now() - begun).toBeLessThan(2500)
    client.destroy()
  })
})

describeWith(terminalNeeds, 'start on a terminal', () => {
  it('The start on a terminal says where it listens, what is next, and what a stop waits for', async () => {
    const command = `${process.execPath} ${entry} start --port 0 --store memory`
    const args = ['--quiet', '--return', '--command', command, '/dev/null']
    const env = { ...neutralEnvironment(), TERM: 'xterm', NO_COLOR: '1' }
    await using terminal = await startProcess('script', args, { ready: /Ctrl-C stops it/, env, cwd, input: true })
    const [, endpoint = ''] = /Listens on +(http:\/\/localhost:\d+)/.exec(terminal.lines.join('\n')) ?? []
    expect(terminal.lines.join('\n')).toContain(`aws --endpoint-url ${endpoint} ecr create-pull-through-cache-rule`)
    const client = await stalled(endpoint)
    terminal.write('\x03')
    const waiting = await terminal.line(/Waiting for/)
    expect(waiting).toContain('Waiting for 1 call (Ctrl-C again ends at once), ')
    terminal.write('\x03')
    await terminal.line(/Waiting for/)
    client.destroy()
  })
})
