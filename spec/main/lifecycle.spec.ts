import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  type ECRClient,
  GetLifecyclePolicyCommand,
  paginateListImages,
  PutImageCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIFECYCLE_TASK } from '../../src/background/lifecycle/lifecycle-task.js'
import { leaseOfTask } from '../../src/background/tasks.js'
import { openStorage } from '../../src/compose/storage.js'
import { defaultConfig } from '../../src/config/config.js'
import { newLifecyclePolicy } from '../../src/registry/lifecycle/lifecycle-policy.js'
import { noMetrics } from '../../src/registry/ports/metrics.js'
import { silent } from '../support/silent-log.js'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import { emulatorProcess } from '../support/emulator-process.js'
import { imageManifest, pushImage, pushLayer, sha256 } from '../support/push.js'
import { authorizationToken, ecrClient, registryClient } from '../support/registry-client.js'
import { runCli } from '../support/run-cli.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const DAY = 24 * 60 * 60
const repositoryName = 'team/app'

const keeping = (countNumber: number) =>
  JSON.stringify({
    rules: [
      {
        rulePriority: 4,
        description: 'keep the youngest',
        selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber },
        action: { type: 'expire' },
      },
    ],
  })

const ARCHIVING = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'any', countType: 'sinceImagePulled', countUnit: 'days', countNumber: 30 },
      action: { type: 'transition', targetStorageClass: 'archive' },
    },
  ],
})

async function detailOf(ecr: ECRClient, imageDigest: string) {
  const { imageDetails = [] } = await ecr.send(
    new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest }] }),
  )
  return imageDetails[0] ?? {}
}

let directory: Awaited<ReturnType<typeof temporaryDirectory>>
beforeAll(async () => (directory = await temporaryDirectory()))
afterAll(() => directory[Symbol.asyncDispose]())

const putPolicy = (ecr: ECRClient, lifecyclePolicyText: string, name = repositoryName) =>
  ecr.send(new PutLifecyclePolicyCommand({ repositoryName: name, lifecyclePolicyText }))

const push = (ecr: ECRClient, imageTag: string, name = repositoryName) =>
  pushImage(ecr, name, { imageTag, rest: { annotations: { imageTag } } })

async function digestsIn(ecr: ECRClient, name = repositoryName): Promise<string[]> {
  const digests = new Set<string>()
  for await (const { imageIds = [] } of paginateListImages({ client: ecr }, { repositoryName: name }))
    for (const { imageDigest = '' } of imageIds) digests.add(imageDigest)
  return [...digests]
}

describe('ecr-local lifecycle run', () => {
  it('evaluates the policies at once, beside running planes, and only says so with --dry-run', async () => {
    await using emulator = await emulatorProcess()
    const ecr = ecrClient(emulator)
    const run = (...args: string[]) =>
      runCli(['lifecycle', 'run', ...args, '--data-dir', emulator.dataDir], { cwd: directory.path })
    for (const name of [repositoryName, 'other', 'without'])
      await ecr.send(new CreateRepositoryCommand({ repositoryName: name }))

    expect(await run()).toEqual({ code: 0, stdout: 'There is no lifecycle policy.\n', stderr: '' })
    const old = await push(ecr, 'v1')
    const { digest, manifest } = old
    const subject = { mediaType: mediaTypes.ociManifest, digest, size: manifest.length }
    const signature = await pushImage(ecr, repositoryName, { rest: { subject, artifactType: 'application/signature' } })
    const kept = await push(ecr, 'v2')
    await putPolicy(ecr, keeping(1))
    await putPolicy(ecr, keeping(1), 'other')

    expect(await run('--dry-run')).toEqual({
      code: 0,
      stderr: '',
      stdout:
        `other in 000000000000 us-east-1: nothing to do.\n` +
        `Would expire team/app@${digest} (v1) by rule 4\n` +
        `team/app in 000000000000 us-east-1: 1 image would expire, 0 would be archived, and 1 referrer.\n`,
    })
    const lines = (await run('--dry-run', '--json')).stdout.trimEnd().split('\n')
    const place = { dryRun: true, account: '000000000000', region: 'us-east-1' }
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { ...place, action: 'evaluated', repository: 'other', expired: 0, archived: 0, referrers: 0 },
      { ...place, action: 'expire', repository: repositoryName, digest, tags: ['v1'], rulePriority: 4 },
      { ...place, action: 'evaluated', repository: repositoryName, expired: 1, archived: 0, referrers: 1 },
    ])
    expect((await digestsIn(ecr)).sort()).toEqual([digest, signature.digest, kept.digest].sort())
    expect((await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).lastEvaluatedAt).toEqual(new Date(0))

    expect(await run(repositoryName)).toEqual({
      code: 0,
      stderr: '',
      stdout:
        `Expired team/app@${digest} (v1) by rule 4\n` +
        `team/app in 000000000000 us-east-1: 1 image expired, 0 archived, and 1 referrer.\n`,
    })
    expect(await digestsIn(ecr)).toEqual([kept.digest])
    const { lastEvaluatedAt } = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))
    expect(Date.now() - (lastEvaluatedAt?.getTime() ?? 0)).toBeLessThan(60_000)
    expect(await run(repositoryName)).toMatchObject({ stdout: 'team/app in 000000000000 us-east-1: nothing to do.\n' })

    expect(await run('missing')).toEqual({ code: 2, stdout: '', stderr: 'ecr-local: There is no repository missing\n' })
    expect(await run('without')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'ecr-local: The repository without has no lifecycle policy: put one with aws ecr put-lifecycle-policy\n',
    })
  })

  it('waits while a plane is evaluating policies', async () => {
    await using data = await temporaryDirectory()
    const config = { ...defaultConfig, dataDir: `${data.path}/data` }
    const plane = await openStorage(config, { log: silent, metrics: noMetrics })
    plane.confirm()
    const lease = await plane.leases.acquire(leaseOfTask(LIFECYCLE_TASK))
    const policy = newLifecyclePolicy(repositoryName, keeping(1), new Date())
    const registry = { account: '000000000000', region: 'us-east-1' }
    await plane.store.lifecyclePolicies.put(registry, repositoryName, policy)
    let isReleased = false
    setTimeout(() => void lease.release().then(() => (isReleased = true)), 3_000)
    const ended = await runCli(['lifecycle', 'run', '--data-dir', config.dataDir], { cwd: directory.path })
    expect(isReleased).toBe(true)
    expect(ended).toMatchObject({ code: 0, stdout: 'team/app in 000000000000 us-east-1: nothing to do.\n' })
    await plane.close()
  })

  it('refuses a store in memory, and finds nothing where there is no data directory', async () => {
    const run = (...args: string[]) => runCli(['lifecycle', 'run', ...args], { cwd: directory.path })
    expect(await run('--store', 'memory')).toMatchObject({
      code: 2,
      stderr: 'ecr-local: ecr-local lifecycle works on stored state: --store memory stores nothing\n',
    })
    expect(await run('--data-dir', 'none')).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('A lifecycle policy that becomes due', () => {
  it('is carried out when the clock is advanced, with events', async () => {
    await using emulator = await emulatorProcess()
    const ecr = ecrClient(emulator)
    await ecr.send(new CreateRepositoryCommand({ repositoryName }))
    const old = await push(ecr, 'v1')
    const kept = await push(ecr, 'v2')
    await putPolicy(ecr, keeping(1))
    await emulator.advanceClock(DAY)
    await expect.poll(() => digestsIn(ecr), { timeout: 20_000 }).toEqual([kept.digest])
    const deletions = async () => {
      const { events } = (await (await fetch(`${emulator.endpoint}/_admin/events`)).json()) as {
        events: { detail: Record<string, string> }[]
      }
      return events.map(({ detail }) => detail).filter((detail) => detail['action-type'] === 'DELETE')
    }
    await expect
      .poll(deletions, { timeout: 20_000 })
      .toMatchObject([{ 'repository-name': repositoryName, 'image-digest': old.digest, 'image-tag': 'v1' }])
  })

  it('does not archive an image that was pulled from the registry', async () => {
    await using emulator = await emulatorProcess({ config: { lifecycle: { intervalSeconds: 60 } } })
    const ecr = ecrClient(emulator)
    await ecr.send(new CreateRepositoryCommand({ repositoryName }))
    const pulled = await push(ecr, 'v1')
    const unused = await push(ecr, 'v2')
    await emulator.advanceClock(20 * DAY)
    const registry = registryClient(emulator, await authorizationToken(ecr))
    expect((await registry.get(`${repositoryName}/manifests/v1`)).status).toBe(200)
    await expect.poll(async () => (await detailOf(ecr, pulled.digest)).lastRecordedPullTime).toBeDefined()
    await emulator.advanceClock(20 * DAY)
    await putPolicy(ecr, ARCHIVING)
    await emulator.advanceClock(60)
    const status = async (digest: string) => (await detailOf(ecr, digest)).imageStatus
    await expect.poll(() => status(unused.digest), { timeout: 20_000 }).toBe('ARCHIVED')
    expect(await status(pulled.digest)).toBe('ACTIVE')
  })

  it('is carried out to its end although the process is killed in the middle, and nothing that should stay is lost', async () => {
    await using data = await temporaryDirectory()
    const [images, count] = [300, 20]
    const pushed: string[] = []
    await (async () => {
      await using emulator = await emulatorProcess({ dataDir: data.path })
      const ecr = ecrClient(emulator)
      await ecr.send(new CreateRepositoryCommand({ repositoryName }))
      const [config, layer] = [
        await pushLayer(ecr, repositoryName, '{}'),
        await pushLayer(ecr, repositoryName, 'layer'),
      ]
      for (let index = 0; index < images; index++) {
        const text = imageManifest(config, [layer], { annotations: { index: `${index}` } })
        const imageTag = `v${index}`
        await ecr.send(new PutImageCommand({ repositoryName, imageManifest: text, imageTag }))
        pushed.push(sha256(text))
      }
      await putPolicy(ecr, keeping(count))
      await emulator.advanceClock(DAY)
      await expect
        .poll(async () => (await digestsIn(ecr)).length, { interval: 5, timeout: 30_000 })
        .toBeLessThan(images)
      await emulator.stop('SIGKILL')
    })()

    await using emulator = await emulatorProcess({ dataDir: data.path })
    const ecr = ecrClient(emulator)
    // The lease of the process that was killed is not taken over yet.
    expect((await digestsIn(ecr)).length).toBeGreaterThan(count)
    const kept = pushed.slice(-count)
    await expect.poll(async () => (await digestsIn(ecr)).sort(), { timeout: 60_000 }).toEqual([...kept].sort())
    await expect
      .poll(async () => (await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).lastEvaluatedAt?.getTime())
      .toBeGreaterThan(0)
    const imageIds = kept.map((imageDigest) => ({ imageDigest }))
    const pulled = await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds }))
    expect(pulled.failures).toEqual([])
    expect(pulled.images).toHaveLength(count)
  }, 120_000)
})
