import { BatchDeleteImageCommand, DescribeImagesCommand, InitiateLayerUploadCommand } from '@aws-sdk/client-ecr'
import { unpackTar } from 'modern-tar'
import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Step } from '../../src/registry/ports/progress.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { installation } from '../../src/registry/registry.js'
import { sweep } from '../../src/upkeep/collection/sweep.js'
import { checkInstallation } from '../../src/upkeep/fsck/check-installation.js'
import { noMetrics } from '../../src/registry/ports/metrics.js'
import { account, region } from '../support/emulator.js'
import { installationOnDisk } from '../support/installation-on-disk.js'
import { createRepository, pushImage, pushIndex } from '../support/push.js'
import { silent } from '../support/silent-log.js'

const registry = { account, region }
const fsck = ({ storage }: Awaited<ReturnType<typeof installationOnDisk>>) =>
  checkInstallation(storage, { repair: false })

/** Runs work once, when an export or import does this. */
function onceWhen(doing: string, work: () => Promise<unknown>) {
  let running: Promise<unknown> | undefined
  return {
    report: (step: Step) => void (step.doing === doing && (running ??= work())),
    ended: async () => {
      if (!running) throw new Error(`Nothing was ${doing}`)
      await running
    },
  }
}

describe('An export and an import', () => {
  it('All records and all blobs arrive as they were, and fsck finds nothing wrong', async () => {
    await using source = await installationOnDisk()
    await using target = await installationOnDisk()
    await createRepository(source.ecr)
    const images = [await pushImage(source.ecr, 'team/app', { layer: 'a' }), await pushImage(source.ecr, 'team/app')]
    const index = await pushIndex(source.ecr, 'team/app', images, 'v1')
    await source.storage.clock.advance(3600)
    const manifest = await target.import(await source.exported())

    expect(manifest).toMatchObject({
      layout: 1,
      version: '0.0.0',
      collections: { repositories: 1, images: 3, tags: 1 },
    })
    expect(await target.records()).toEqual(await source.records())
    expect(await target.digests()).toEqual(await source.digests())
    const { findings, images: found } = await fsck(target)
    expect([findings.lines(), found]).toEqual([[], 3])
    const { imageDetails } = await target.ecr.send(new DescribeImagesCommand({ repositoryName: 'team/app' }))
    expect(imageDetails?.find(({ imageTags }) => imageTags?.includes('v1'))?.imageDigest).toBe(index.digest)
    expect(await target.storage.store.settings.get(installation, 'clock-offset')).toBe('3600000')
  })

  it('An imported image can be restored by fsck if the store is lost: its note is beside the blobs', async () => {
    await using source = await installationOnDisk()
    await using target = await installationOnDisk()
    await createRepository(source.ecr)
    const { digest } = await pushImage(source.ecr, 'team/app', { imageTag: 'v1' })
    await target.import(await source.exported())
    const note = await target.storage.blobs.notes.get(`images/${account}/${region}/team/app/${digest}`)
    expect(JSON.parse(note ?? '')).toMatchObject({ tags: ['v1'] })
  })

  it('Uploads in progress, leases, pins and the label of the installation stay behind', async () => {
    await using source = await installationOnDisk()
    await using target = await installationOnDisk()
    await createRepository(source.ecr)
    await pushImage(source.ecr, 'team/app')
    await source.ecr.send(new InitiateLayerUploadCommand({ repositoryName: 'team/app' }))
    await source.label()
    const names = (await unpackTar(await source.exported(), { strict: true })).map(({ header }) => header.name)
    expect(names.filter((name) => /uploads|leases|pins|settings/.test(name))).toEqual([])
    expect(names[0]).toBe('ecr-local.json')
    expect(names).toContain(`records/${account}/${region}/images/000001.jsonl`)

    await target.label()
    const label = await target.storage.store.settings.get(installation, 'label')
    await target.import(await source.exported())
    expect(await target.storage.store.settings.get(installation, 'label')).toBe(label)
  })

  it('Equal states have equal archives', async () => {
    await using source = await installationOnDisk()
    await using target = await installationOnDisk()
    await createRepository(source.ecr)
    for (const layer of ['a', 'b', 'c']) await pushImage(source.ecr, 'team/app', { layer })
    const archive = await source.exported()
    await target.import(archive)
    expect((await target.exported()).equals(archive)).toBe(true)
  })

  it('A record of several names and other letters than those of ASCII arrives as it was', async () => {
    await using source = await installationOnDisk()
    await using target = await installationOnDisk()
    const policy = { text: '{"Version":"2012-10-17","Id":"größer \\u0000 ✓ \\n"}' }
    await source.storage.store.registryPolicies.put(registry, 'policy', policy)
    await target.import(await source.exported())
    expect(await target.storage.store.registryPolicies.get(registry, 'policy')).toEqual(policy)
  })
})

describe('An export while planes write', () => {
  it('An image that is pushed meanwhile is not in the archive, and one that is deleted meanwhile is there as a whole', async () => {
    await using source = await installationOnDisk()
    await using target = await installationOnDisk()
    const { ecr } = source
    await createRepository(ecr)
    const deleted = await pushImage(ecr, 'team/app', { imageTag: 'old', layer: 'only in the old image' })
    const before = await source.records()
    const meanwhile = onceWhen('Exporting records', async () => {
      await pushImage(ecr, 'team/app', { imageTag: 'new', layer: 'only in the new image' })
      const imageIds = [{ imageDigest: deleted.digest }]
      await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'team/app', imageIds }))
    })
    const archive = await source.exported(meanwhile.report)
    await meanwhile.ended()

    await target.import(archive)
    expect(await target.records()).toEqual(before)
    expect((await fsck(target)).findings.lines()).toEqual([])
    expect(await source.storage.store.tags.get(registry, keyOf('team/app', 'old'))).toBeUndefined()
  })

  it('Garbage collection removes nothing before the export has ended', async () => {
    await using source = await installationOnDisk()
    await createRepository(source.ecr)
    await pushImage(source.ecr, 'team/app')
    let outcome: unknown = 'not asked'
    const meanwhile = onceWhen('Exporting records', async () => {
      outcome = await sweep({ ...source.storage, log: silent, metrics: noMetrics, graceSeconds: 0 })
    })
    await source.exported(meanwhile.report)
    await meanwhile.ended()
    expect(outcome).toBeUndefined()
    expect(await sweep({ ...source.storage, log: silent, metrics: noMetrics, graceSeconds: 0 })).toBeDefined()
  })

  it('A blob that disappears meanwhile ends the export, and what was written is refused', async () => {
    await using source = await installationOnDisk()
    await using target = await installationOnDisk()
    await createRepository(source.ecr)
    await pushImage(source.ecr, 'team/app')
    const meanwhile = onceWhen('Exporting records', async () =>
      rmSync(join(source.dataDir, 'blobs'), { recursive: true }),
    )
    await expect(source.exported(meanwhile.report)).rejects.toThrow(
      /^The blob sha256:\w+ was removed during the export/,
    )
    expect(await target.digests()).toEqual([])
  })

  it('A damaged blob ends the export with the command that helps', async () => {
    await using source = await installationOnDisk()
    await createRepository(source.ecr)
    await pushImage(source.ecr, 'team/app', { layer: 'will be damaged' })
    const digest = (await source.digests())[0] ?? ''
    const [, hex = ''] = digest.split(':')
    const path = join(source.dataDir, 'blobs', 'sha256', hex.slice(0, 2), hex)
    await writeFile(path, Buffer.from(await readFile(path)).fill('x'))
    await expect(source.exported()).rejects.toThrow(
      `The blob ${digest} is damaged: run ecr-local fsck --repair, which sets it aside, and export again`,
    )
  })
})
