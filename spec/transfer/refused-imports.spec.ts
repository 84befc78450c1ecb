import { createHash } from 'node:crypto'
import { packTar, unpackTar } from 'modern-tar'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { account, region } from '../support/emulator.js'
import { installationOnDisk } from '../support/installation-on-disk.js'
import { createRepository, pushImage } from '../support/push.js'

type Installation = Awaited<ReturnType<typeof installationOnDisk>>

/** An archive of one image, and an installation that stays empty. */
let archive: Buffer
let target: Installation
beforeAll(async () => {
  await using source = await installationOnDisk()
  await createRepository(source.ecr)
  await pushImage(source.ecr, 'team/app', { imageTag: 'v1', layer: 'x'.repeat(100_000) })
  archive = await source.exported()
  target = await installationOnDisk()
})
afterAll(() => target[Symbol.asyncDispose]())

/** The archive with its entries changed; entries for which `change` returns undefined are left out. */
async function changed(change: (name: string, text: Buffer) => Buffer | undefined): Promise<Buffer> {
  const entries = await unpackTar(archive, { strict: true })
  const kept = entries.flatMap(({ header, data = new Uint8Array() }) => {
    const body = change(header.name, Buffer.from(data))
    return body ? [{ header: { ...header, size: body.length }, body: Uint8Array.from(body) }] : []
  })
  return Buffer.from(await packTar(kept))
}

const withManifest = (change: object) =>
  changed((name, text) =>
    name === 'ecr-local.json' ? Buffer.from(JSON.stringify({ ...JSON.parse(text.toString()), ...change })) : text,
  )

async function expectRefusal(bytes: Buffer, message: string | RegExp) {
  await expect(target.import(bytes)).rejects.toThrow(message)
  expect(await target.records()).toEqual({})
}

const NO_ARCHIVE = 'This is not an archive that ecr-local export made: its first entry is not ecr-local.json'

describe('An archive that is damaged is refused before anything of it can be seen', () => {
  it('An archive that was cut short anywhere is refused', async () => {
    const lengths = [1, 511, 512, 700, 2000, 4096, 6000, 50_000, archive.length - 100_000, archive.length - 1025]
    for (const length of lengths) await expectRefusal(archive.subarray(0, length), /damaged|cut short|not an archive/)
  })

  it('An archive without one of its entries is refused, whichever it is', async () => {
    const names = (await unpackTar(archive)).map(({ header }) => header.name)
    expect(names.length).toBeGreaterThan(6)
    for (const name of names)
      await expectRefusal(await changed((each, text) => (each === name ? undefined : text)), /^T/)
  })

  it('An archive whose blob has other bytes is refused with the digest', async () => {
    const bytes = await changed((_name, text) => (text.length === 100_000 ? Buffer.alloc(100_000, 'y') : text))
    await expectRefusal(bytes, /^The archive is damaged: the bytes of sha256:\w{64} are not those that were exported/)
  })

  it('An archive whose records were changed is refused', async () => {
    const bytes = await changed((name, text) =>
      name.includes('/tags/') ? Buffer.from(text.toString().replaceAll('v1', 'v2')) : text,
    )
    await expectRefusal(bytes, 'The archive is damaged: its records are not those that were exported')
  })

  it.each([
    ['an image without a digest', 'images', '["team/app sha256:1",{"repository":"team/app"}]\n'],
    [
      'an image under another key',
      'images',
      `["team/b",{"repository":"team/app","digest":"sha256:${'a'.repeat(64)}"}]\n`,
    ],
    ['a line that was cut off', 'repositories', '["team/app",{"name":"team/app"}]'],
    ['a clock without a time', 'settings', '["clock-offset","soon"]\n'],
  ])('An archive with %s is refused, although its sums agree', async (_what, collection, line) => {
    const name = `records/${collection === 'settings' ? 'installation' : `${account}/${region}`}/${collection}/000001.jsonl`
    const sha256 = createHash('sha256').update(`${name}\n${line}`).digest('hex')
    const nothing = { count: 0, bytes: 0, sha256: createHash('sha256').digest('hex') }
    const records = { count: 1, bytes: line.length, sha256 }
    const manifest = {
      format: 'ecr-local state',
      layout: 1,
      version: '0.0.0',
      collections: {},
      records,
      blobs: nothing,
    }
    const entries = { 'ecr-local.json': JSON.stringify(manifest), [name]: line }
    const tar = Object.entries(entries).map(([path, body]) => ({ header: { name: path, size: body.length }, body }))
    const message = `The archive is damaged: a line of ${name} is not a record`
    await expectRefusal(Buffer.from(await packTar(tar)), message)
    expect((await target.storage.clock.now()).getTime()).not.toBeNaN()
  })

  it('An archive whose header was changed is refused', async () => {
    const bytes = Buffer.from(archive)
    bytes.write('Z', 1024)
    await expectRefusal(bytes, /Invalid tar header checksum/)
  })

  it('Something else than an archive is refused', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('{"no":"tar"}'.repeat(200)), Buffer.alloc(2048)])
      await expectRefusal(bytes, NO_ARCHIVE)
    const other = await packTar([{ header: { name: 'oci-layout', size: 2 }, body: '{}' }])
    await expectRefusal(Buffer.from(other), NO_ARCHIVE)
    await expectRefusal(await withManifest({ format: 'else' }), NO_ARCHIVE)
    await expectRefusal(
      await changed((name, text) => (name === 'ecr-local.json' ? Buffer.from('{') : text)),
      NO_ARCHIVE,
    )
  })
})

describe('An archive of another version is refused', () => {
  it('A newer layout is refused with the version that reads it', async () => {
    await expectRefusal(
      await withManifest({ layout: 2, version: '9.1.0' }),
      'The archive has layout 2, and this version understands layout 1: import it with ecr-local 9.1.0, which wrote it, or a later version',
    )
  })

  it('Records of a collection that this version does not have, or does not import, are refused', async () => {
    for (const collection of ['inventions', 'leases', 'uploads']) {
      const entries = await unpackTar(archive, { strict: true })
      const name = `records/${account}/${region}/${collection}/000001.jsonl`
      const [first, ...rest] = entries.map(({ header, data = new Uint8Array() }) => ({ header, body: data }))
      if (!first) throw new Error('The archive is empty')
      const other = { header: { name, size: 3 }, body: new TextEncoder().encode('[]\n') }
      await expectRefusal(
        Buffer.from(await packTar([first, other, ...rest])),
        `The archive contains "${name}", which this version does not know: import it with the version that wrote it`,
      )
    }
  })

  it('A manifest without sums is refused', async () => {
    await expectRefusal(await withManifest({ blobs: null }), 'The archive is damaged: ecr-local.json lacks its sums')
  })
})

describe('An installation that is not empty', () => {
  it('An import into an installation that holds anything is refused, and changes nothing', async () => {
    await using other = await installationOnDisk()
    await createRepository(other.ecr, 'mine')
    const before = await other.records()
    await expect(other.import(archive)).rejects.toThrow(
      'This installation is not empty (repositories: 1), and an import replaces nothing: name another --data-dir or --store, or empty it with POST /_admin/reset',
    )
    expect(await other.records()).toEqual(before)
  })

  it('A clock that was advanced counts as state', async () => {
    await using other = await installationOnDisk()
    await other.storage.clock.advance(60)
    await expect(other.import(archive)).rejects.toThrow('This installation is not empty (settings: 1)')
  })

  it('A repository that is created during the import wins, and nothing is imported', async () => {
    await using other = await installationOnDisk()
    let creation: Promise<unknown> | undefined
    const importing = other.import(archive, ({ doing }) => {
      if (doing === 'Importing blobs') creation ??= createRepository(other.ecr, 'mine')
    })
    await expect(importing).rejects.toThrow(
      'Something was stored in this installation during the import, so nothing was imported',
    )
    await creation
    expect(Object.keys(await other.records())).toEqual([`records/${account}/${region}/repositories/000001.jsonl`])
  })

  it('Blobs that belong to another store are refused', async () => {
    await using other = await installationOnDisk()
    await other.storage.blobs.notes.put('installation', 'the label of another store')
    await expect(other.import(archive)).rejects.toThrow('The store does not belong to these blobs')
  })
})

describe('An import that was interrupted', () => {
  it('The next attempt uses the blobs that are stored already', async () => {
    await using other = await installationOnDisk()
    await expect(other.import(archive.subarray(0, archive.length - 1500))).rejects.toThrow(/cut short/)
    const left = await other.digests()
    expect(left.length).toBeGreaterThan(0)
    expect(await other.records()).toEqual({})
    await other.import(archive)
    expect(Object.keys(await other.records())).toContain(`records/${account}/${region}/tags/000001.jsonl`)
  })

  it('No temporary file remains of an import that failed', async () => {
    await using other = await installationOnDisk()
    await expect(other.import(archive.subarray(0, 50_000))).rejects.toThrow(/cut short/)
    const leftovers: unknown[] = []
    for await (const leftover of other.storage.blobs.leftovers()) leftovers.push(leftover)
    expect(leftovers).toEqual([])
  })
})
