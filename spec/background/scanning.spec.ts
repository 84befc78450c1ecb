import {
  BatchDeleteImageCommand,
  DescribeImageScanFindingsCommand,
  type ECRClient,
  PutImageCommand,
  PutImageScanningConfigurationCommand,
  PutRegistryScanningConfigurationCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { imageChangesTask } from '../../src/background/image-changes.js'
import { imageScansTask } from '../../src/background/scanning/image-scans.js'
import { scanOnPush } from '../../src/background/scanning/scan-on-push.js'
import { eventLog } from '../../src/registry/event-log.js'
import { changeStorageClass } from '../../src/registry/images/storage-class-change.js'
import { recordImageChange } from '../../src/registry/images/record-image-change.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'
import type { Scanner } from '../../src/registry/ports/scanner.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { defaultQuotas } from '../../src/registry/quotas.js'
import { account, now, region, startEmulator } from '../support/emulator.js'
import { createRepository, imageManifest, pushImage, pushIndex, pushLayer } from '../support/push.js'
import { finding, runScans, scanEvents, scannerFinding, scannerWith, scanningRule } from '../support/scanning.js'
import { silent } from '../support/silent-log.js'

const registry = { account, region }
const uninterrupted = new AbortController().signal

const statusOf = async (ecr: ECRClient, imageTag = 'v1') => {
  const command = new DescribeImageScanFindingsCommand({ repositoryName: 'app', imageId: { imageTag } })
  return (await ecr.send(command)).imageScanStatus?.status
}

const startScan = (ecr: ECRClient) =>
  ecr.send(new StartImageScanCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' } }))

/** An emulator whose repository `app` is scanned on push. */
async function emulatorScanningOnPush(options: Parameters<typeof startEmulator>[0] = {}) {
  const emulator = await startEmulator(options)
  await createRepository(emulator.ecr, 'app')
  const imageScanningConfiguration = { scanOnPush: true }
  await emulator.ecr.send(
    new PutImageScanningConfigurationCommand({ repositoryName: 'app', imageScanningConfiguration }),
  )
  return emulator
}

const pending = async ({ deps }: Awaited<ReturnType<typeof startEmulator>>) =>
  (await deps.store.pendingScans.list(registry, { limit: 10 })).items

describe('scan on push', () => {
  it('A pushed image is scanned, and an event tells the result', async () => {
    await using emulator = await emulatorScanningOnPush()
    const { digest } = await pushImage(emulator.ecr, 'app', { imageTag: 'v1' })
    await runScans(emulator, scannerFinding([finding, { name: 'CVE-1', severity: 'CRITICAL' }]))

    expect(await statusOf(emulator.ecr)).toBe('COMPLETE')
    expect(await scanEvents(emulator)).toMatchObject([
      {
        version: '0',
        'detail-type': 'ECR Image Scan',
        source: 'aws.ecr',
        account,
        region,
        time: now.toISOString(),
        resources: [`arn:aws:ecr:us-east-1:${account}:repository/app`],
        detail: {
          'scan-status': 'COMPLETE',
          'repository-name': 'app',
          'finding-severity-counts': { CRITICAL: 1, MEDIUM: 1 },
          'image-digest': digest,
          'image-tags': ['v1'],
        },
      },
    ])
    expect(await pending(emulator)).toEqual([])
  })

  it('A filter of the registry scans what is pushed, and a repository that it does not match is left alone', async () => {
    await using emulator = await startEmulator()
    const { ecr } = emulator
    for (const name of ['app', 'test']) await createRepository(ecr, name)
    await ecr.send(new PutRegistryScanningConfigurationCommand({ rules: [scanningRule('SCAN_ON_PUSH', 'app')] }))
    for (const name of ['app', 'test']) await pushImage(ecr, name, { imageTag: 'v1' })
    await runScans(emulator)
    expect(await statusOf(ecr)).toBe('COMPLETE')
    const inTest = { repositoryName: 'test', imageId: { imageTag: 'v1' } }
    await expect(ecr.send(new DescribeImageScanFindingsCommand(inTest))).rejects.toMatchObject({
      name: 'ScanNotFoundException',
    })
  })

  it.each(['pull-through', 'replication'] as const)(
    'An image that came by %s is scanned like a pushed one',
    async (cause) => {
      await using emulator = await startEmulator()
      const { ecr, deps } = emulator
      await createRepository(ecr, 'app')
      const { digest } = await pushImage(ecr, 'app', { imageTag: 'v1' })
      await runScans(emulator)
      await ecr.send(new PutRegistryScanningConfigurationCommand({ rules: [scanningRule('SCAN_ON_PUSH', '*')] }))
      const image = (await deps.store.images.get(registry, keyOf('app', digest)))!
      const change = { action: 'PUSH', tags: ['v1'], at: now.getTime(), cause } as const
      await recordImageChange(deps.store, registry, image, change)
      await runScans(emulator)
      expect(await statusOf(ecr)).toBe('COMPLETE')
    },
  )

  it('Another tag within 24 hours keeps the scan, and one after them has it done again', async () => {
    await using emulator = await emulatorScanningOnPush()
    const { ecr, deps } = emulator
    const { manifest } = await pushImage(ecr, 'app', { imageTag: 'v1' })
    await runScans(emulator)
    const push = (imageTag: string) =>
      ecr.send(new PutImageCommand({ repositoryName: 'app', imageManifest: manifest, imageTag }))

    await push('v2')
    await runScans(emulator)
    expect(await scanEvents(emulator)).toHaveLength(1)
    await deps.clock.advance(86_400)
    await push('v3')
    await runScans(emulator)
    expect((await scanEvents(emulator)).map(({ detail }) => detail['image-tags'])).toEqual([['v1'], ['v1', 'v2', 'v3']])
  })

  it('An index and an artifact that is not an image are not scanned', async () => {
    await using emulator = await emulatorScanningOnPush()
    const { ecr } = emulator
    const image = await pushImage(ecr, 'app', { imageTag: 'v1' })
    await pushIndex(ecr, 'app', [image], 'index')
    const config = { ...(await pushLayer(ecr, 'app', '{}')), ...{ mediaType: 'application/vnd.oci.empty.v1+json' } }
    const artifact = imageManifest(config, [await pushLayer(ecr, 'app', 'a signature')])
    await ecr.send(new PutImageCommand({ repositoryName: 'app', imageManifest: artifact, imageTag: 'artifact' }))
    await runScans(emulator)
    for (const tag of ['index', 'artifact'])
      await expect(statusOf(ecr, tag)).rejects.toMatchObject({ name: 'ScanNotFoundException' })
    expect(await scanEvents(emulator)).toHaveLength(1)
  })

  it('Beyond the registry’s quota an image has the status LIMIT_EXCEEDED and may be scanned manually later', async () => {
    await using emulator = await emulatorScanningOnPush({ quotas: { ...defaultQuotas, scansPerDay: 1 } })
    const { ecr, deps } = emulator
    await pushImage(ecr, 'app', { imageTag: 'first' })
    await deps.clock.advance(1)
    await pushImage(ecr, 'app', { imageTag: 'v1', layer: 'another layer' })
    await runScans(emulator)
    expect([await statusOf(ecr, 'first'), await statusOf(ecr)]).toEqual(['COMPLETE', 'LIMIT_EXCEEDED'])
    expect(await scanEvents(emulator)).toHaveLength(1)
    await deps.clock.advance(86_400)
    await startScan(ecr)
    await runScans(emulator)
    expect(await statusOf(ecr)).toBe('COMPLETE')
  })

  it('A change that is passed on twice starts one scan', async () => {
    await using emulator = await emulatorScanningOnPush()
    const { deps } = emulator
    await pushImage(emulator.ecr, 'app', { imageTag: 'v1' })
    const interrupted = async () => {
      throw new Error('interrupted')
    }
    await expect(imageChangesTask(deps, [scanOnPush(deps), interrupted]).run(uninterrupted)).rejects.toThrow(
      'interrupted',
    )
    await runScans(emulator)
    expect(await scanEvents(emulator)).toHaveLength(1)
  })

  it('An image that is deleted before its push is passed on is not scanned', async () => {
    await using emulator = await emulatorScanningOnPush()
    await pushImage(emulator.ecr, 'app', { imageTag: 'v1' })
    await emulator.ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'v1' }] }))
    await runScans(emulator)
    expect(await pending(emulator)).toEqual([])
    expect(await scanEvents(emulator)).toEqual([])
  })
})

describe('scans that were started', () => {
  async function emulatorWithScan() {
    const emulator = await startEmulator()
    await createRepository(emulator.ecr, 'app')
    const image = await pushImage(emulator.ecr, 'app', { imageTag: 'v1' })
    await startScan(emulator.ecr)
    const run = (scanner: Scanner, events = eventLog(emulator.deps)) =>
      imageScansTask({ ...emulator.deps, scanner, events, log: silent }).run(uninterrupted)
    return { ...emulator, image, run }
  }

  const unavailable: Scanner = {
    ...scannerFinding([]),
    scan: async () => {
      throw new StoreUnavailable('Redis is away')
    },
  }

  it('An image is scanned again at once if the source of findings has changed during its scan', async () => {
    await using emulator = await emulatorWithScan()
    let [version, scans] = ['v1', 0]
    const scan: Scanner['scan'] = async () => {
      if (++scans === 1) version = 'v2'
      return { outcome: 'complete', findings: scans === 1 ? [] : [finding] }
    }
    await emulator.run({ sourceVersion: async () => version, scan })
    const key = keyOf('app', emulator.image.digest)
    const stored = await emulator.deps.store.imageScans.get({ account, region }, key)
    expect([scans, stored?.BASIC?.completed?.sourceVersion]).toEqual([2, 'v2'])
    expect(stored?.BASIC?.completed?.severityCounts).toEqual({ [finding.severity]: 1 })
  })

  it('A scan whose run is interrupted is done in the next one', async () => {
    await using emulator = await emulatorWithScan()
    await expect(emulator.run(unavailable)).rejects.toThrow('Redis is away')
    expect(await statusOf(emulator.ecr)).toBe('IN_PROGRESS')
    await emulator.run(scannerFinding([finding]))
    expect(await statusOf(emulator.ecr)).toBe('COMPLETE')
  })

  it('A scan whose event could not be recorded is not done again, but its event is recorded', async () => {
    await using emulator = await emulatorWithScan()
    const record = async () => {
      throw new Error('interrupted')
    }
    await expect(emulator.run(scannerFinding([finding]), { ...eventLog(emulator.deps), record })).rejects.toThrow()
    await emulator.deps.clock.advance(1)
    expect(await statusOf(emulator.ecr)).toBe('COMPLETE')
    await emulator.run(unavailable)
    expect(await scanEvents(emulator)).toMatchObject([
      { time: now.toISOString(), detail: { 'finding-severity-counts': { MEDIUM: 1 } } },
    ])
    expect(await pending(emulator)).toEqual([])
  })

  it('A scan that fails with an error has failed, and does not hold up the next one', async () => {
    await using emulator = await emulatorWithScan()
    const { ecr, deps } = emulator
    await deps.clock.advance(1)
    await pushImage(ecr, 'app', { imageTag: 'v2', layer: 'another layer' })
    await ecr.send(new StartImageScanCommand({ repositoryName: 'app', imageId: { imageTag: 'v2' } }))
    const scan: Scanner['scan'] = async ({ image: { tags } }) => {
      if (tags.includes('v1')) throw new Error('no space left on /somewhere')
      return { outcome: 'complete', findings: [] }
    }
    await emulator.run({ ...scannerFinding([]), scan })
    expect([await statusOf(ecr), await statusOf(ecr, 'v2')]).toEqual(['FAILED', 'COMPLETE'])
  })

  it('A stopped run starts no scan', async () => {
    await using emulator = await emulatorWithScan()
    await runScans(emulator, unavailable, AbortSignal.abort())
    expect(await statusOf(emulator.ecr)).toBe('IN_PROGRESS')
  })

  it('The result of an image that is deleted during its scan is dropped', async () => {
    await using emulator = await emulatorWithScan()
    const { deps, ecr, image } = emulator
    const scan = async () => {
      await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'v1' }] }))
      return { outcome: 'complete', findings: [finding] } as const
    }
    await emulator.run({ ...scannerFinding([]), scan })
    expect(await deps.store.imageScans.get(registry, keyOf('app', image.digest))).toBeUndefined()
    expect(await deps.store.imageFindings.get(registry, keyOf('app', image.digest))).toBeUndefined()
    expect(await scanEvents(emulator)).toEqual([])
    expect(await pending(emulator)).toEqual([])
  })

  it('A scan waits an hour for bytes that a pull through is still bringing', async () => {
    await using emulator = await emulatorWithScan()
    const missing = scannerWith({ outcome: 'bytes missing' })
    await emulator.run(missing)
    expect(await statusOf(emulator.ecr)).toBe('IN_PROGRESS')
    await emulator.deps.clock.advance(3600)
    await emulator.run(missing)
    const command = new DescribeImageScanFindingsCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' } })
    expect((await emulator.ecr.send(command)).imageScanStatus).toEqual({
      status: 'FAILED',
      description: 'The layers of the image are not available.',
    })
    expect(await scanEvents(emulator)).toMatchObject([
      { detail: { 'scan-status': 'FAILED', 'finding-severity-counts': {} } },
    ])
  })

  it('An image that is archived before its scan has the status IMAGE_ARCHIVED', async () => {
    await using emulator = await emulatorWithScan()
    const { image, deps } = emulator
    const change = {
      repository: 'app',
      digest: image.digest,
      target: { class: 'ARCHIVE' },
      now,
      cause: 'request',
    } as const
    await changeStorageClass(deps, registry, change)
    await emulator.run(unavailable)
    const command = new DescribeImageScanFindingsCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' } })
    expect((await emulator.ecr.send(command)).imageScanStatus).toEqual({
      status: 'IMAGE_ARCHIVED',
      description: 'The specified image is archived and cannot be scanned.',
    })
  })
})
