import { DescribePullThroughCacheRulesCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { startProcess } from '../support/background-process.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { startRedis } from '../support/redis.js'
import { neutralEnvironment } from '../support/run-command.js'
import { secretsManagerServer } from '../support/secrets-manager-server.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { stall } from '../support/upstream-faults.js'

const main = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))
const READY = /"msg":"ready"/
const credentialArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/docker-hub'
const seed = {
  repositoryCreationTemplates: [{ prefix: 'ecr-public', appliedFor: ['PULL_THROUGH_CACHE'] }],
  pullThroughCacheRules: [
    { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' },
    { ecrRepositoryPrefix: 'docker-hub', upstreamRegistryUrl: 'registry-1.docker.io', credentialArn },
  ],
  repositories: [{ repositoryName: 'team/app' }, { repositoryName: 'team/web', imageTagMutability: 'IMMUTABLE' }],
}

/** Starts of `ecr-local` with this configuration. */
async function starts(config: object, env: NodeJS.ProcessEnv = {}) {
  const directory = await temporaryDirectory()
  const file = join(directory.path, 'ecr-local.json')
  await writeFile(file, JSON.stringify(config))
  const start = (ready = READY, dataDir = 'data') => {
    const flags = ['start', '--port', '0', '--config', file, '--data-dir', join(directory.path, dataDir)]
    return startProcess(process.execPath, [main, ...flags], { ready, env: { ...neutralEnvironment(), ...env } })
  }
  return { start, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() }
}

const messagesOf = (lines: readonly string[]) =>
  lines
    .filter((line) => line !== 'Ready.')
    .map((line) => (JSON.parse(line) as { msg: string }).msg)
    .filter((message) => /^(seed|ready)/.test(message))

const nothingToDo = (what: string, count: string) =>
  `${what}: nothing to do, unchanged since it was put in place: ${count}`

const endpointOf = ({ readyLine }: { readyLine: string }) => (JSON.parse(readyLine) as { endpoint: string }).endpoint

async function namesAt(endpoint: string) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const ecr = new ECRClient({ endpoint, region: 'us-east-1', credentials })
  const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({}))
  const { pullThroughCacheRules = [] } = await ecr.send(new DescribePullThroughCacheRulesCommand({}))
  return [
    ...pullThroughCacheRules.map(({ ecrRepositoryPrefix }) => ecrRepositoryPrefix),
    ...repositories.map(({ repositoryName }) => repositoryName),
  ]
}

describe('ecr-local start with a seed', () => {
  it.concurrent(
    'What kill -9 ended is resumed by the next start, and put in place before it is ready',
    async ({ expect }) => {
      await using secrets = await secretsManagerServer()
      const env = { AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' }
      await using emulator = await starts({ seed }, env)

      secrets.secrets.set(credentialArn, 'silence')
      const first = await emulator.start(/created pull through cache rule ecr-public/)
      await expect.poll(() => secrets.requests.length).toBe(1)
      await first.stop('SIGKILL')
      expect(messagesOf(first.lines)).toEqual([
        'seed: created repository creation template ecr-public',
        'seed: created pull through cache rule ecr-public',
      ])

      secrets.secrets.set(credentialArn, { text: JSON.stringify({ username: 'u', accessToken: 't' }) })
      const second = await emulator.start()
      expect(messagesOf(second.lines)).toEqual([
        'seed: created pull through cache rule docker-hub',
        'seed: created repository team/app',
        'seed: created repository team/web',
        'seed: 3 created, 2 unchanged',
        'ready',
      ])
      expect(await namesAt(endpointOf(second))).toEqual(['docker-hub', 'ecr-public', 'team/app', 'team/web'])
      await second.stop()
    },
  )

  it.concurrent(
    'Images are imported behind the start, also after kill -9, and again after a reset',
    async ({ expect }) => {
      await using upstream = await faultyUpstream()
      upstream.addImage('nginx/nginx', { tag: 'latest' })
      const [rule] = seed.pullThroughCacheRules
      const images = ['ecr-public/nginx/nginx:latest']
      const config = { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } }
      await using emulator = await starts({ ...config, seed: { pullThroughCacheRules: [rule], images } })

      upstream.fault('GET /v2/nginx/nginx/blobs/', stall())
      const first = await emulator.start()
      await upstream.asked('GET /v2/nginx/nginx/blobs/')
      await first.stop('SIGKILL')
      expect(messagesOf(first.lines)).toEqual([
        'seed: created pull through cache rule ecr-public',
        'seed: 1 created',
        'ready',
      ])

      upstream.heal()
      const second = await emulator.start()
      expect(messagesOf(second.lines)).toEqual([nothingToDo('seed', '1 item'), 'ready'])
      await second.line(/seed: imported image ecr-public\/nginx\/nginx:latest: sha256:/)
      await second.line(/seed images: 1 imported/)

      const reset = await fetch(`${endpointOf(second)}/_admin/reset`, { method: 'POST' })
      expect(await reset.json()).toEqual({ status: 'reset' })
      expect(await namesAt(endpointOf(second))).toContain('ecr-public')
      await expect.poll(() => second.lines.filter((line) => line.includes('seed images: 1 imported'))).toHaveLength(2)
      expect(await second.stop()).toBe(0)

      const third = await emulator.start()
      await third.line(/seed images/)
      const said = [nothingToDo('seed images', '1 item'), nothingToDo('seed', '1 item'), 'ready']
      expect(messagesOf(third.lines).sort()).toEqual(said.sort())
      await third.stop()
    },
  )

  it.concurrent('Planes that start at once on one Redis put each entry in place once', async () => {
    await using redis = await startRedis()
    const repositories = Array.from({ length: 20 }, (_, index) => ({ repositoryName: `team/app-${index}` }))
    await using emulator = await starts({ store: redis.url, seed: { repositories } })
    const started = await Promise.all(['one', 'other'].map((dataDir) => emulator.start(READY, dataDir)))
    const messages = started.flatMap(({ lines }) => messagesOf(lines))
    const [one, other] = await Promise.all(started.map((process) => namesAt(endpointOf(process))))
    await Promise.all(started.map((process) => process.stop()))

    expect(messages.filter((message) => message.startsWith('seed: created repository'))).toHaveLength(20)
    expect(messages.filter((message) => message.includes('failed'))).toEqual([])
    expect(one).toHaveLength(20)
    expect(other).toEqual(one)
  })

  it.concurrent('A mistake in a seed stops the start with its place, and nothing is put in place', async () => {
    await using emulator = await starts({
      seed: { repositories: [{ repositoryName: 'team/app' }, { repositoryName: 'Team' }] },
    })
    await expect(emulator.start()).rejects.toThrow(
      /ecr-local\.json: \/seed\/repositories\/1 Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression/,
    )
  })
})
