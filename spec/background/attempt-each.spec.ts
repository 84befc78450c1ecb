import { StartImageScanCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { attemptEach } from '../../src/background/attempt-each.js'
import { imageChangesTask } from '../../src/background/image-changes.js'
import { registryList } from '../../src/background/registry-list.js'
import { imageScansTask } from '../../src/background/scanning/image-scans.js'
import { eventLog } from '../../src/registry/event-log.js'
import type { ImageChange } from '../../src/registry/images/image-change.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'
import type { Registry } from '../../src/registry/registry.js'
import { startEmulator } from '../support/emulator.js'
import { createRepository, pushImage } from '../support/push.js'
import { scannerFinding } from '../support/scanning.js'
import { silent } from '../support/silent-log.js'

const uninterrupted = new AbortController().signal
const otherRegion = 'eu-central-1'

/** Two registries, each with an image. */
async function twoRegistries() {
  const emulator = await startEmulator()
  const clients = [emulator.ecr, emulator.as('AKIDEXAMPLE', otherRegion)]
  for (const ecr of clients) {
    await createRepository(ecr, 'app')
    await pushImage(ecr, 'app', { imageTag: 'v1' })
  }
  const changed = []
  for (const registry of await emulator.deps.store.registries())
    if ((await emulator.deps.store.images.list(registry, { limit: 1 })).items.length > 0) changed.push(registry.region)
  return { ...emulator, clients, regions: changed }
}

describe('work on many items', () => {
  it('An item with which the work fails does not keep the others from theirs, and its error is thrown at the end', async () => {
    const done: number[] = []
    const work = async (item: number) => {
      if (item === 2) throw new Error('two')
      done.push(item)
    }
    await expect(attemptEach([1, 2, 3], work)).rejects.toThrow('two')
    expect(done).toEqual([1, 3])
  })

  it('Nothing else is tried while the store is unavailable', async () => {
    const tried: number[] = []
    const work = async (item: number) => {
      tried.push(item)
      throw new StoreUnavailable('away')
    }
    await expect(attemptEach([1, 2], work)).rejects.toThrow('away')
    expect(tried).toEqual([1])
  })
})

describe('changes of images whose reactions fail', () => {
  /** The task with a reaction that fails in one Region, and what another reaction received. */
  async function failingIn(region: string, emulator: Awaited<ReturnType<typeof twoRegistries>>) {
    const received: string[] = []
    const fails = async (registry: Registry, { tags }: ImageChange) => {
      if (registry.region === region && tags.includes('v1')) throw new Error('poisoned')
    }
    const receives = async ({ region }: Registry, { tags }: ImageChange) => void received.push(`${region} ${tags[0]}`)
    return { task: imageChangesTask(emulator.deps, [fails, receives]), received }
  }

  it('The changes of other registries are passed on, and the other reactions are called', async () => {
    await using emulator = await twoRegistries()
    const [first = ''] = emulator.regions
    const { task, received } = await failingIn(first, emulator)
    await expect(task.run(uninterrupted)).rejects.toThrow('poisoned')
    expect(received.sort()).toEqual(emulator.regions.map((region) => `${region} v1`).sort())
  })

  it('A change that fails again and again is given up, and the changes after it are passed on', async () => {
    await using emulator = await twoRegistries()
    const [region = ''] = emulator.regions
    await emulator.deps.clock.advance(1)
    for (const ecr of emulator.clients) await pushImage(ecr, 'app', { imageTag: 'v2' })
    const { task, received } = await failingIn(region, emulator)
    const second = `${region} v2`
    for (let run = 1; run < 30; run++) await expect(task.run(uninterrupted)).rejects.toThrow('poisoned')
    expect(received).not.toContain(second)
    await task.run(uninterrupted)
    expect(received).toContain(second)
    expect(await task.isDue()).toBe(false)
  })
})

describe('scans of many registries', () => {
  it('A registry with many scans does not keep the images of another one waiting', async () => {
    await using emulator = await twoRegistries()
    const { deps, clients } = emulator
    const [first = ''] = emulator.regions
    const scanned: string[] = []
    const scanner = {
      ...scannerFinding([]),
      scan: async ({ registry }: { readonly registry: Registry }) => {
        scanned.push(registry.region)
        return { outcome: 'complete', findings: [] } as const
      },
    }
    for (const ecr of clients) {
      const isFirst = (await ecr.config.region()) === first
      for (let image = 0; image < (isFirst ? 25 : 1); image++) {
        const { digest: imageDigest } = await pushImage(ecr, 'app', {
          imageTag: `scanned-${image}`,
          layer: `layer ${image}`,
        })
        await ecr.send(new StartImageScanCommand({ repositoryName: 'app', imageId: { imageDigest } }))
      }
    }
    const task = imageScansTask({ ...deps, scanner, events: eventLog(deps), log: silent })
    await task.run(uninterrupted)
    expect(new Set(scanned)).toEqual(new Set(emulator.regions))
    expect(await task.isDue()).toBe(true)
    await task.run(uninterrupted)
    expect([scanned.length, await task.isDue()]).toEqual([26, false])
  })

  it('A scan that cannot be carried out does not keep the scans after it waiting', async () => {
    await using emulator = await twoRegistries()
    const { deps, clients } = emulator
    for (const ecr of clients)
      await ecr.send(new StartImageScanCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' } }))
    let [asked, scanned] = [0, 0]
    const scanner = {
      sourceVersion: async () => {
        if (++asked === 1) throw new Error('no version')
        return 'v1'
      },
      scan: async () => (scanned++, { outcome: 'complete', findings: [] } as const),
    }
    const task = imageScansTask({ ...deps, scanner, events: eventLog(deps), log: silent })
    await expect(task.run(uninterrupted)).rejects.toThrow('no version')
    expect(scanned).toBe(1)
    await task.run(uninterrupted)
    expect(scanned).toBe(2)
  })
})

describe('the list of registries for all tasks', () => {
  const registries = [{ account: '111111111111', region: otherRegion }]

  it('It is read once for many tasks, and again when it was forgotten or could not be read', async () => {
    let [reads, fails] = [0, true]
    const list = registryList({
      registries: async () => {
        reads++
        if (fails) throw new StoreUnavailable('away')
        return registries
      },
    })
    await expect(list.registries()).rejects.toThrow('away')
    fails = false
    expect(await list.registries()).toEqual(registries)
    await list.registries()
    expect(reads).toBe(2)
    list.forget()
    await list.registries()
    expect(reads).toBe(3)
  })
})
