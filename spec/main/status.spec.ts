import { CreatePullThroughCacheRuleCommand, CreateRepositoryCommand } from '@aws-sdk/client-ecr'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { statusOf } from '../../src/cli/status-command.js'
import type { Status } from '../../src/control-plane/admin/status-route.js'
import { defaultConfig } from '../../src/config/config.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { installation } from '../../src/registry/registry.js'
import { freePort } from '../support/free-port.js'
import { account, region, startEmulator } from '../support/emulator.js'
import { pushImage } from '../support/push.js'
import { runCli } from '../support/run-cli.js'
import { wholeEmulator } from '../support/whole-emulator.js'

const at = (endpoint: string) => ({ ...defaultConfig, port: Number(new URL(endpoint).port) })
const plain = { json: false, isColored: false }

describe('ecr-local status', () => {
  let emulator: Awaited<ReturnType<typeof wholeEmulator>>
  beforeAll(async () => {
    emulator = await wholeEmulator({ eventsFile: undefined })
    const ecr = emulator.ecr()
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/copy' }))
    // Both images have the same layer and config, which count once.
    await pushImage(ecr, 'team/app', { imageTag: 'v1', layer: 'x'.repeat(1000) })
    await pushImage(ecr, 'team/copy', { imageTag: 'v1', layer: 'x'.repeat(1000), rest: { annotations: { a: 'b' } } })
    await emulator
      .ecr('AKIAADMIN4', 'eu-west-1')
      .send(
        new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'pub', upstreamRegistryUrl: 'public.ecr.aws' }),
      )
    await emulator.advance(90_000)
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  it('Status counts what each registry holds, and the blobs', async () => {
    const { text, isRunning } = await statusOf(at(emulator.endpoint), { json: true })
    const status = JSON.parse(text) as Status
    expect(isRunning).toBe(true)
    expect(status).toMatchObject({
      isRunning: true,
      pid: process.pid,
      planes: ['control-plane', 'data-plane'],
      endpoint: emulator.endpoint,
      registry: emulator.registry,
      store: 'memory',
      blobStorage: 'memory',
      auth: 'strict',
      isReady: true,
      warnings: [],
      imports: { count: 0, first: [] },
      failures: [],
    })
    expect(status.clock?.advancedSeconds).toBeGreaterThanOrEqual(90_000)
    expect(status.uptimeSeconds).toBeLessThan(600)
    // Two manifests, one layer, one config.
    expect(status.blobs?.count).toBe(4)
    expect(status.registries).toEqual([
      {
        account: '111122223333',
        region: 'us-east-1',
        repositories: 2,
        images: 2,
        tags: 2,
        rules: 0,
        layers: { count: 2, bytes: 1002 },
      },
      {
        account: '444455556666',
        region: 'eu-west-1',
        repositories: 0,
        images: 0,
        tags: 0,
        rules: 1,
        layers: { count: 0, bytes: 0 },
      },
    ])
  })

  it('Status fits on a screen', async () => {
    const { text } = await statusOf(at(emulator.endpoint), plain)
    expect(text).toMatch(/^ecr-local \S+ runs\n\nAPI {7}http:\/\/localhost:\d+\nRegistry {2}localhost:\d+\n/)
    expect(text).toMatch(/\nClock {5}\S+, 1 d 1 h ahead\n/)
    expect(text).toContain('ACCOUNT       REGION     REPOSITORIES  IMAGES  TAGS  RULES  LAYERS\n')
    expect(text).toContain('111122223333  us-east-1  2             2       2     0      2 (1002 bytes)\n')
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThan(100)
  })

  it('Status asks with the admin token, and says so without it', async () => {
    await using guarded = await wholeEmulator({ adminToken: 'token-of-the-operator' })
    await expect(statusOf(at(guarded.endpoint), plain)).rejects.toThrow(
      /^An emulator runs at \S+, and tells more only with its token: give it as --admin-token$/,
    )
    const config = { ...at(guarded.endpoint), adminToken: 'token-of-the-operator' }
    expect(await statusOf(config, plain)).toMatchObject({ isRunning: true })
    const mistaken = statusOf({ ...config, adminToken: 'token-of-another' }, plain)
    await expect(mistaken).rejects.toThrow(/: the one in --admin-token or ECR_LOCAL_ADMIN_TOKEN is another$/)
  })

  it('If nothing runs, status says what to type and ends with 1', async () => {
    const port = String(await freePort())
    const message = `Nothing runs at http://localhost:${port}: start it with ecr-local start, or name another with --host and --port`
    const run = (...args: string[]) => runCli(['status', '--port', port, ...args], { cwd: '/' })
    expect(await run()).toMatchObject({ code: 1, stdout: `${message}\n`, stderr: '' })
    const { code, stdout } = await run('--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({ isRunning: false, endpoint: `http://localhost:${port}`, message })
  })

  it('Port 0 and a program that is no emulator are refused', async () => {
    await expect(statusOf({ ...defaultConfig, port: 0 }, plain)).rejects.toThrow('Give its port with --port')
    const server = createServer((_, res) => res.end('hello')).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await expect(statusOf({ ...defaultConfig, host: '127.0.0.1', port }, plain)).rejects.toThrow(/is not an ecr-local/)
    server.close()
  })

  it('What controls a terminal does not reach it, whichever text of an answer it is in', async () => {
    const evil = '\x1b[2J\x9b2J\u202e'
    const none = { cache: 0, upstream: 0, answered: 0, failed: 0 }
    const latency = { warm: { p50: null, p95: null }, cold: { p50: null, p95: null } }
    const figures = { pulls: { ...none, cache: 1 }, bytes: none, checks: none, latency }
    const image = { repository: evil, reference: evil, pulls: 1 }
    const failure = { time: evil, account: evil, region: evil, what: evil, reason: evil }
    const answer = {
      ...{ version: evil, endpoint: evil, registry: evil, pid: evil, planes: [evil], store: evil, blobStorage: evil },
      ...{ auth: evil, uptimeSeconds: 1, isReady: true, clock: null, blobs: null, warnings: [evil] },
      registries: [
        { account: evil, region: evil, repositories: 0, images: 0, tags: 0, rules: 0, layers: { count: 0, bytes: 0 } },
      ],
      imports: { count: 1, first: [{ account: evil, region: evil, repository: evil, digest: evil, tag: evil }] },
      failures: [failure],
      ...{ total: figures, buckets: [], images: [image], pullers: [], rules: [], period: 'hour', message: evil },
    }
    let status = 200
    const server = createServer((_, res) => res.writeHead(status).end(JSON.stringify(answer))).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const at = { ...defaultConfig, host: '127.0.0.1', port: (server.address() as { port: number }).port }
    expect((await statusOf(at, plain)).text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    status = 403
    await expect(statusOf(at, plain)).rejects.toThrow('does not tell more: ?[2J?2J?')
    server.close()
  })

  it('An answer whose members are of another kind is that of another program', async () => {
    const common = { uptimeSeconds: 1, endpoint: 'http://x', registry: 'x', registries: [], warnings: [] }
    const answers: object[] = [
      { ...common, planes: 'both' },
      { ...common, planes: [], isReady: true, ...{ total: 1, buckets: 2, images: 3, pullers: 4, rules: 5 } },
      { message: { of: 'another kind' } },
    ]
    for (const answer of answers) {
      const server = createServer((_, res) => res.end(JSON.stringify(answer))).listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      const at = { ...defaultConfig, host: '127.0.0.1', port: (server.address() as { port: number }).port }
      await expect(statusOf(at, plain)).rejects.toThrow(/is not an ecr-local of this version/)
      server.close()
    }
  })
})

describe('GET /_admin/status', () => {
  const statusAt = async (endpoint: string) => (await (await fetch(`${endpoint}/_admin/status`)).json()) as Status

  it('It lists imports in flight, the latest failures first, and a mismatch of store and blobs', async () => {
    await using emulator = await startEmulator()
    const { store, blobs, clock } = emulator.deps
    const plan = { account, region, repository: 'pub/app', digest: 'sha256:1', tag: 'v1', plannedAt: 0 }
    for (const [index, failedAt] of [undefined, 1000].entries())
      await store.imports.put(installation, keyOf(account, region, 'pub/app', `sha256:${index}`), {
        ...plan,
        ...(failedAt !== undefined && { failedAt }),
      })
    const now = (await clock.now()).getTime()
    for (const [index, secondsAgo] of [2 * 86_400, 120, 60].entries()) {
      const time = new Date(now - secondsAgo * 1000).toISOString()
      const common = { version: '0' as const, id: String(index), account, region, time, resources: [] }
      const detail = {
        'repository-name': 'pub/app',
        'image-tag': `v${index}`,
        'image-digest': 'sha256:1',
        'source-account': account,
        'source-region': region,
        result: 'FAILED' as const,
        'action-type': 'REPLICATE' as const,
      }
      const event = { ...common, source: 'aws.ecr' as const, 'detail-type': 'ECR Replication Action' as const, detail }
      await store.events.put(installation, keyOf(time, String(index)), event)
    }
    await blobs.notes.put('installation', 'another label')

    const status = await statusAt(emulator.endpoint)
    expect(status.imports).toEqual({
      count: 2,
      first: [
        expect.objectContaining({ repository: 'pub/app', tag: 'v1', plannedAt: '1970-01-01T00:00:00.000Z' }),
        expect.objectContaining({ failedAt: '1970-01-01T00:00:01.000Z' }),
      ],
    })
    expect(status.failures?.map(({ what, reason }) => [what, reason])).toEqual([
      ['replication of pub/app:v2', `from ${account} in ${region}`],
      ['replication of pub/app:v1', `from ${account} in ${region}`],
    ])
    expect(status.warnings).toEqual([expect.stringContaining('The store does not belong to these blobs')])
    const { text } = await statusOf({ ...at(emulator.endpoint), host: '127.0.0.1' }, plain)
    expect(text).toContain('Imports in flight: 2\n')
    expect(text).toContain('pub/app:v1, failed at 1970-01-01T00:00:01.000Z, is tried again\n')
    expect(text).toContain('replication of pub/app:v2: from')
    expect(text).toContain('Warning: The store does not belong')
  })

  it('A store that does not answer is a warning, not a failure', async () => {
    await using emulator = await startEmulator({ isReady: async () => false })
    const status = await statusAt(emulator.endpoint)
    expect(status).toMatchObject({ isReady: false, clock: null, registries: null, imports: null, failures: null })
    expect(status.warnings).toEqual(['The store does not answer: the log says why'])
    const { text } = await statusOf({ ...at(emulator.endpoint), host: '127.0.0.1' }, plain)
    expect(text).toContain('not counted yet')
  })
})
