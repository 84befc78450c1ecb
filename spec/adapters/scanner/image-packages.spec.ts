import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { filesystemBlobStore } from '../../../src/adapters/filesystem/blob-store.js'
import { installedPackages } from '../../../src/adapters/scanner/image-packages.js'
import { randomIds } from '../../../src/adapters/system/random-ids.js'
import type { Blobs } from '../../../src/registry/ports/blob-store.js'
import { tar } from '../../support/images.js'
import { sha256 } from '../../support/push.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const uninterrupted = new AbortController().signal
const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip'
const database = Buffer.from('P:openssl\nV:3\n')

/** Layers of several chunks on a disk. */
async function storedLayers(...layers: Buffer[]) {
  const directory = await temporaryDirectory()
  const blobs = filesystemBlobStore({ root: join(directory.path, 'data'), ids: randomIds })
  for (const layer of layers) {
    const writer = await blobs.create()
    await writer.append(layer)
    await writer.commit(sha256(layer))
    await writer.close()
  }
  const contents = (mediaType = GZIP) => ({
    blobs: layers.map((layer) => ({ digest: sha256(layer), size: layer.length, mediaType })),
    manifests: [],
  })
  return { blobs, contents, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() }
}

describe('the packages of an image', () => {
  const large = tar({ filling: randomBytes(8 * 1024 * 1024), 'lib/apk/db/installed': database, more: randomBytes(1e6) })

  it.each([
    ['gzipped', GZIP, gzipSync(large)],
    ['gzipped for Docker', 'application/vnd.docker.image.rootfs.diff.tar.gzip', gzipSync(large)],
    ['uncompressed', 'application/vnd.oci.image.layer.v1.tar', large],
  ])('A database in the middle of a large layer that is %s is found', async (_, mediaType, layer) => {
    await using stored = await storedLayers(layer)
    const packages = await installedPackages({ contents: stored.contents(mediaType) }, stored.blobs, uninterrupted)
    expect([...(packages ?? [])]).toEqual([['openssl', '3']])
  })

  it('A layer whose end is missing has the packages before it', async () => {
    const whole = gzipSync(large)
    await using stored = await storedLayers(whole.subarray(0, whole.length - 500_000))
    const packages = await installedPackages({ contents: stored.contents() }, stored.blobs, uninterrupted)
    expect([...(packages ?? [])]).toEqual([['openssl', '3']])
  })

  it('Layers of other bytes and of other compressions have none', async () => {
    await using stored = await storedLayers(randomBytes(8 * 1024 * 1024), Buffer.from('x'))
    expect(await installedPackages({ contents: stored.contents() }, stored.blobs, uninterrupted)).toEqual(new Map())
    const zstd = stored.contents('application/vnd.oci.image.layer.v1.tar+zstd')
    expect(await installedPackages({ contents: zstd }, stored.blobs, uninterrupted)).toEqual(new Map())
  })

  it('A failure of the storage is not taken for an unreadable layer', async () => {
    await using stored = await storedLayers(gzipSync(large))
    const blobs: Pick<Blobs, 'size' | 'send'> = {
      size: (digest) => stored.blobs.size(digest),
      send: (digest, { start }, take) =>
        stored.blobs.send(digest, { start, end: 100_000 }, take).then(() => Promise.reject(new Error('bucket away'))),
    }
    await expect(installedPackages({ contents: stored.contents() }, blobs, uninterrupted)).rejects.toThrow(
      'bucket away',
    )
  })

  it('Reading stops between layers', async () => {
    await using stored = await storedLayers(gzipSync(large))
    const stopped = AbortSignal.abort(new Error('stopped'))
    await expect(installedPackages({ contents: stored.contents() }, stored.blobs, stopped)).rejects.toThrow('stopped')
  })
})
