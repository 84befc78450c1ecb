import { readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { filesystemBlobStore } from '../../src/adapters/filesystem/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { deleteRepository } from '../../src/registry/repositories/repository-deletion.js'
import { abandonUpload, appendPart, beginUpload, findUpload } from '../../src/registry/layers/layer-upload.js'
import { completeUpload } from '../../src/registry/layers/upload-completion.js'
import { type KeyValue, StoreUnavailable } from '../../src/registry/ports/key-value.js'
import { installationWith, registry as ownRegistry } from '../support/garbage.js'
import { sha256 } from '../support/push.js'
import { now, registry, registryWith } from '../support/stocked-store.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const session = { registry, repository: 'team/app', id: '00000000-0000-4000-8000-000000000001' }
const uploadNotFound = { code: 'UploadNotFoundException' }

async function begun() {
  const storage = await registryWith('team/app')
  await beginUpload(storage, session, now)
  const append = (text: string, firstByte?: number) => appendPart(storage, session, part(text, firstByte))
  return { storage, append }
}

const part = (text: string, firstByte?: number) => ({
  bytes: [Buffer.from(text)],
  ...(firstByte !== undefined && { firstByte }),
})

/** A body in two chunks; other tasks run between them. */
async function* twice(letter: string) {
  yield Buffer.from(letter)
  await setImmediate()
  yield Buffer.from(letter)
}

async function* breakingOffAfter(text: string) {
  yield Buffer.from(text)
  throw new Error('the client is gone')
}

describe('layer upload', () => {
  it('A part without a first byte is appended to the end of the layer upload', async () => {
    const { storage, append } = await begun()
    await append('hello ')
    expect(await append('world')).toMatchObject({ repository: 'team/app', startedAt: now.getTime(), size: 11 })

    const layer = await completeUpload(storage, session, sha256('hello world'))

    expect(layer).toEqual({ repository: 'team/app', digest: sha256('hello world'), size: 11 })
    expect(await storage.store.layers.get(registry, `team/app ${layer.digest}`)).toEqual(layer)
    expect((await storage.blobs.read(layer.digest))?.toString()).toBe('hello world')
    await expect(findUpload(storage, session)).rejects.toMatchObject(uploadNotFound)
  })

  it('A layer upload closes its file when its bytes cannot be committed', async () => {
    await using directory = await temporaryDirectory()
    const parts = await registryWith('team/app')
    const storage = { ...parts, blobs: filesystemBlobStore({ root: directory.path, ids: randomIds }) }
    await beginUpload(storage, session, now)
    await appendPart(storage, session, part('hello'))
    await rm(join(directory.path, 'blobs'), { recursive: true })
    await writeFile(join(directory.path, 'blobs'), 'in the way')

    await expect(completeUpload(storage, session, sha256('hello'))).rejects.toThrow('ENOTDIR')

    const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''))
    expect((await Promise.all(links)).filter((path) => path.startsWith(directory.path))).toEqual([])
    expect(await findUpload(storage, session)).toMatchObject({ size: 5 })
  })

  it('A layer upload can be completed again after the store was unavailable to record the layer', async () => {
    const keyValue = memoryKeyValue()
    let isAway = false
    const commit: KeyValue['commit'] = async (at, expectations, writes) => {
      if (isAway && writes.some(({ collection }) => collection === 'layers')) throw new StoreUnavailable('away')
      return keyValue.commit(at, expectations, writes)
    }
    const storage = installationWith({ keyValue: { ...keyValue, commit } })
    const here = { ...session, registry: ownRegistry }
    await storage.createRepository('team/app')
    await beginUpload(storage, here, now)
    await appendPart(storage, here, part('hello'))
    isAway = true
    for (let tries = 0; tries < 2; tries++)
      await expect(completeUpload(storage, here, sha256('hello'))).rejects.toThrow('away')
    isAway = false
    expect(await completeUpload(storage, here, sha256('hello'))).toMatchObject({ size: 5 })
  })

  it('A layer upload without bytes of its own is not completed with a blob that is already stored', async () => {
    const { storage, append } = await begun()
    const writer = await storage.blobs.create()
    await writer.append(Buffer.from('hello'))
    await writer.commit(sha256('hello'))
    await append('other')
    await (await storage.blobs.session(session.id)).abort()
    await expect(completeUpload(storage, session, sha256('hello'))).rejects.toMatchObject({
      code: 'EmptyUploadException',
    })
  })

  it('A layer upload cannot be completed without bytes, and accepts bytes afterwards', async () => {
    const { storage, append } = await begun()
    await expect(completeUpload(storage, session, sha256(''))).rejects.toMatchObject({ code: 'EmptyUploadException' })
    await append('bytes')
    expect(await completeUpload(storage, session, sha256('bytes'))).toMatchObject({ size: 5 })
  })

  it('A layer upload cannot grow beyond the layer size quota', async () => {
    const { storage } = await begun()
    const small = { ...storage, quotas: { ...storage.quotas, layerMiB: 1 } }
    const mib = () => ({ bytes: [Buffer.alloc(1024 * 1024)] })
    await appendPart(small, session, mib())
    await expect(appendPart(small, session, { bytes: [Buffer.alloc(1)] })).rejects.toMatchObject({
      code: 'LimitExceededException',
    })
    expect(await findUpload(storage, session)).toMatchObject({ size: 1024 * 1024, parts: 1 })
  })

  it('A layer upload keeps the bytes received before a stream breaks off, so that the client can resume', async () => {
    const { storage, append } = await begun()
    const broken = appendPart(storage, session, { bytes: breakingOffAfter('hello ') })
    await expect(broken).rejects.toThrow('the client is gone')

    expect(await findUpload(storage, session)).toMatchObject({ size: 6 })
    await append('world', 6)
    await expect(completeUpload(storage, session, sha256('hello world'))).resolves.toMatchObject({ size: 11 })
  })

  it('A layer upload refuses a part that leaves a gap, and names the last valid byte received', async () => {
    const { append } = await begun()
    await append('hello ')
    await expect(append('world', 7)).rejects.toMatchObject({
      code: 'InvalidLayerPartException',
      details: { uploadId: session.id, repositoryName: 'team/app', lastValidByteReceived: 5 },
    })
  })

  it('A layer upload handles one request at a time', async () => {
    const { storage } = await begun()
    const appends = ['a', 'b', 'c'].map((letter) => appendPart(storage, session, { bytes: twice(letter) }))
    await Promise.all(appends)
    await expect(completeUpload(storage, session, sha256('aabbcc'))).resolves.toMatchObject({ size: 6 })
  })

  it('A layer upload remembers that a part smaller than 5 MiB was followed by another part', async () => {
    const { append } = await begun()
    expect(await append('small')).toMatchObject({ smallPart: true })
    const followed = await append('x'.repeat(5 * 1024 * 1024))
    expect(followed).toMatchObject({ smallPartFollowed: true })
    expect(followed).not.toHaveProperty('smallPart')
  })

  it('An abandoned layer upload ends, and its bytes are removed', async () => {
    const { storage, append } = await begun()
    await append('hello')
    await abandonUpload(storage, session)
    await expect(append(' world')).rejects.toMatchObject(uploadNotFound)
    await beginUpload(storage, session, now)
    expect(await append('fresh', 0)).toMatchObject({ size: 5 })
  })

  it('A layer upload ends when its repository is deleted', async () => {
    const { storage, append } = await begun()
    await append('hello')
    await deleteRepository(storage, registry, 'team/app', { force: false })
    await expect(append(' world')).rejects.toMatchObject({ code: 'RepositoryNotFoundException' })
    expect(await storage.store.uploads.get(registry, session.id)).toBeUndefined()
  })

  it('A slow layer upload does not block the deletion of its repository and loses its bytes afterwards', async () => {
    const { storage, append } = await begun()
    const client = new PassThrough()
    const slow = appendPart(storage, session, { bytes: client })
    client.write('hello')
    await deleteRepository(storage, registry, 'team/app', { force: false })
    client.end(' world')

    await expect(slow).rejects.toMatchObject({ code: 'RepositoryNotFoundException' })
    await expect(append('more')).rejects.toMatchObject({ code: 'RepositoryNotFoundException' })
    expect((await storage.blobs.session(session.id)).size).toBe(0)
  })

  it('A completed layer upload keeps the media type that an image gave the layer', async () => {
    const { storage, append } = await begun()
    const known = { repository: 'team/app', digest: sha256('hello'), size: 5, mediaType: 'application/x-tar' }
    await storage.store.layers.put(registry, `team/app ${known.digest}`, known)
    await append('hello')
    expect(await completeUpload(storage, session, known.digest)).toEqual(known)
  })

  it('A layer upload can begin only in a repository that exists', async () => {
    const storage = await registryWith('team/other')
    await expect(beginUpload(storage, session, now)).rejects.toMatchObject({ code: 'RepositoryNotFoundException' })
  })
})
