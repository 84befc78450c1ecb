import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import { afterAll, describe, expect, it } from 'vitest'
import { startPlanes } from '../support/planes.js'
import { createRepository, pushImage, sha256 } from '../support/push.js'
import { authorizationToken, ecrClient, registryClient } from '../support/registry-client.js'
import { startRedis } from '../support/redis.js'
import { environmentOf } from '../support/s3-blobs.js'
import { startS3Server } from '../support/s3-server.js'
import { runCli, startCli } from '../support/run-cli.js'

const cwd = mkdtempSync(join(tmpdir(), 'ecr-local-storage-'))
afterAll(() => rmSync(cwd, { recursive: true }))
const password = 'HIDDEN-IN-EVERY-MESSAGE'
const free = ['--port', '0', '--registry-port', '0']

describe('planes on Redis', () => {
  it('Planes on Redis share one state, which survives a restart of all of them', async () => {
    await using redis = await startRedis()
    await using planes = await startPlanes({ store: redis.url, data: 1, control: 2 })
    const ecr = ecrClient({ endpoint: `http://${planes.addressOf(1)}` })
    await createRepository(ecr, 'team/app')
    const { digest, manifest } = await pushImage(ecr, 'team/app', { imageTag: 'v1' })
    for (const index of [0, 1, 2]) {
      await planes.kill(index)
      await planes.restart(index)
    }
    const token = await authorizationToken(ecrClient({ endpoint: `http://${planes.addressOf(2)}` }))
    const pulled = await registryClient(planes, token).get(`team/app/manifests/${digest}`)
    expect(pulled).toMatchObject({ status: 200 })
    expect(pulled.body.toString()).toBe(manifest)
  })

  it('Planes on Redis never show its password in messages, log, health or refusals', async () => {
    await using redis = await startRedis({ args: ['--requirepass', password] })
    const store = (secret: string) => `redis://:${secret}@127.0.0.1:${redis.port}/0`
    await using run = startCli(['start', ...free, '--store', store(password), '--log', 'trace'], { cwd })
    const { endpoint, registry } = await run.ready()
    for (const origin of [endpoint, `http://${registry}`]) {
      const health = await (await request(`${origin}/health`)).body.json()
      expect(health).toMatchObject({ status: 'ok', store: 'redis' })
      expect(JSON.stringify(health)).not.toMatch(/127\.0\.0\.1|HIDDEN/)
    }
    const refused = await runCli(['start', ...free, '--store', store('HIDDEN-TOO')], { cwd })
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/^ecr-local: .+\n$/) })
    await redis.kill()
    const away = await runCli(['start', ...free, '--store', store(password)], { cwd })
    expect(away).toMatchObject({ code: 2, stderr: expect.stringMatching(/^ecr-local: Redis does not answer .*\n$/) })
    run.signal('SIGTERM')
    expect(JSON.stringify([await run.ended, refused, away])).not.toContain('HIDDEN')
  })

  it('Planes on Redis say that every plane must see the directory of the images', async () => {
    await using redis = await startRedis()
    await using run = startCli(['start', ...free, '--store', redis.url], { cwd })
    await run.ready()
    run.signal('SIGTERM')
    expect((await run.ended).stdout).toContain('every plane of this installation needs access to this directory')
  })
})

describe('planes with blobs in S3', () => {
  it.each([
    ['redirect', 307],
    ['stream', 200],
  ])('Planes with blobs in S3 deliver layers as --blob-delivery says: %s', async (delivery, status) => {
    await using bucket = await startS3Server()
    const blobs = `s3://images/${delivery}`
    const env = { ...environmentOf(bucket), ECR_LOCAL_BLOB_DELIVERY: delivery }
    await using planes = await startPlanes({ blobs, env })
    const ecr = ecrClient(planes)
    await createRepository(ecr, 'team/app')
    await pushImage(ecr, 'team/app', { layer: 'a layer' })
    const token = await authorizationToken(ecr)
    const path = `team/app/blobs/${sha256('a layer')}`
    const headers = { authorization: `Basic ${token}` }
    const answer = await request(`http://${planes.registry}/v2/${path}`, { headers })
    await answer.body.dump()
    expect(answer.statusCode).toBe(status)
    expect((await registryClient(planes, token).get(path)).body.toString()).toBe('a layer')
    expect(existsSync(join(planes.dataDir, 'blobs'))).toBe(false)
  })

  it('Planes with blobs in S3 are refused in one line if the bucket does not exist', async () => {
    await using bucket = await startS3Server()
    const refused = await runCli(['start', ...free, '--blobs', 's3://elsewhere'], { cwd, env: environmentOf(bucket) })
    expect(refused).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^ecr-local: .*elsewhere.*\n$/),
    })
  })
})

describe('start on the embedded store', () => {
  it('A start on the embedded store does not load the clients of Redis and S3', async () => {
    const [preload, list] = [join(cwd, 'list-at-exit.cjs'), join(cwd, 'loaded')]
    writeFileSync(
      preload,
      `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(list)}, Object.keys(require.cache).join()))`,
    )
    const env = { NODE_OPTIONS: `--require=${preload}` }
    await using started = startCli(['start', ...free, '--data-dir', join(cwd, 'own')], { cwd, env })
    await started.ready()
    started.signal('SIGTERM')
    await started.ended
    const loaded = readFileSync(list, 'utf8')
    expect(loaded).toContain('/node_modules/lmdb/')
    expect(loaded).not.toMatch(/\/node_modules\/(ioredis|@aws-sdk|prom-client|@peculiar)\//)
  })
})
