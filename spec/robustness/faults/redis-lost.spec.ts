import { expect, it } from 'vitest'
import { fileURLToPath } from 'node:url'
import { startRedis } from '../../support/redis.js'
import { authorizationToken, ecrClient, registryClient } from '../../support/registry-client.js'
import { createRule } from '../../support/rules.js'
import { runCommand } from '../../support/run-command.js'
import { makeImage } from '../../support/upstream-content.js'
import { newFigures, verify, type Acknowledged } from './load.js'
import { install } from './scenarios.js'

const main = fileURLToPath(new URL('../../../dist/ecr-local.cjs', import.meta.url))

it('Planes survive a Redis that comes back empty, and fsck --repair restores every push and import', async () => {
  await using redis = await startRedis()
  const garbage = { sweepIntervalSeconds: 1 }
  await using installation = await install({ store: redis.url, config: { garbage } })
  const { planes, upstream, token } = installation
  const client = registryClient(planes, token)
  const acknowledged: Acknowledged[] = []
  for (const repository of ['team/a', 'team/b']) {
    await client.createRepository(repository)
    const { image, blobs } = makeImage({ seed: repository, layers: 2, layerSize: 50_000 })
    for (const blob of blobs) await client.pushBlob(repository, blob)
    for (const tag of ['v1', 'latest']) {
      await client.pushManifest(repository, tag, image.bytes)
      acknowledged.push({ path: `${repository}/manifests/${tag}`, digest: image.digest })
    }
    for (const digest of image.layers) acknowledged.push({ path: `${repository}/blobs/${digest}`, digest })
  }
  const cached = upstream.addImage('app', { tag: 'v1', layerSize: 50_000 })
  acknowledged.push({ path: 'ecr-public/app/manifests/v1', digest: cached.digest })
  for (const digest of cached.layers) acknowledged.push({ path: `ecr-public/app/blobs/${digest}`, digest })
  const figures = newFigures()
  const target = { endpoint: planes.endpoint, registry: planes.registry, token, figures }
  await verify(target, acknowledged)
  expect(figures).toMatchObject({ wrongAnswers: [], lostWrites: [] })

  await redis.restart({ empty: true })
  // The pins of blobs are lost with the records, so every blob looks like garbage to several sweeps.
  await expect
    .poll(async () => (await client.get('team/a/manifests/v1').catch(() => undefined))?.status, { timeout: 60_000 })
    .toBe(404)
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  const flags = ['--store', redis.url, '--data-dir', planes.dataDir]
  const repaired = await runCommand(process.execPath, [main, 'fsck', '--repair', ...flags])
  expect(repaired).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('all repaired') })

  expect(await authorizationToken(ecrClient(planes))).not.toBe('')
  // The rules are lost with Redis, and the upstream must confirm again which cached layers may be served.
  await ecrClient(planes).send(createRule())
  await verify(target, acknowledged)
  expect(figures).toMatchObject({ wrongAnswers: [], lostWrites: [] })
}, 240_000)
