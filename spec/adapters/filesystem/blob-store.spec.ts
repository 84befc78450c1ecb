import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { filesystemBlobStore } from '../../../src/adapters/filesystem/blob-store.js'
import { temporaryName } from '../../../src/adapters/filesystem/temporary-files.js'
import { randomIds } from '../../../src/adapters/system/random-ids.js'
import { NoSpace } from '../../../src/registry/ports/blob-store.js'

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const uuid = 'd3b07384-d113-4ec1-a9e5-1f0a7c2b9e64'

function canMount() {
  const probe = mkdtempSync(join(tmpdir(), 'ecr-local-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe], { stdio: 'ignore' })
    execFileSync('umount', [probe])
    return true
  } catch {
    return false
  } finally {
    rmdirSync(probe)
  }
}

describe('The blob store on the file system', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ecr-local-blobs-'))
  })
  afterEach(() => rm(root, { recursive: true }))

  const newStore = (at = root) => filesystemBlobStore({ root: at, ids: randomIds })
  const openFiles = async () => {
    const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''))
    return (await Promise.all(links)).filter((path) => path.startsWith(root))
  }
  const stored = async (size: number) => {
    const blobs = newStore()
    const bytes = randomBytes(size)
    const writer = await blobs.create()
    await writer.append(bytes)
    await writer.commit(digestOf(bytes))
    return { blobs, bytes, digest: digestOf(bytes) }
  }

  it('A stored blob lies under its digest and leaves nothing beside it', async () => {
    const { digest } = await stored(10)
    const hex = digest.slice('sha256:'.length)
    expect(await readdir(join(root, 'blobs', 'sha256', hex.slice(0, 2)))).toEqual([hex])
    expect(await readdir(join(root, 'tmp'))).toEqual([])
  })

  it.each(['before its first byte', 'after a part'])(
    'A writer that stopped %s and resumes late cannot change a committed blob',
    async (when) => {
      const [one, other] = [newStore(), newStore()]
      const [good, evil] = [Buffer.from('good'), Buffer.from('evil')]
      const stopped = await one.session(uuid)
      if (when === 'after a part') await stopped.append(good)
      const next = await other.session(uuid)
      if (next.size === 0) await next.append(good)
      await next.close()
      const last = await other.session(uuid)
      await last.commit(digestOf(good))
      await stopped.append(evil)
      expect(await other.read(digestOf(good))).toEqual(good)
      expect(await readdir(join(root, 'uploads'))).toEqual([])
      await expect(stopped.commit(digestOf(good))).rejects.toThrow('expected')
      expect(await other.read(digestOf(good))).toEqual(good)
    },
  )

  it('A second process that begins to write to an upload while it is completed cannot change the blob', async () => {
    const [one, other] = [newStore(), newStore()]
    const completing = await one.session(uuid)
    await completing.append(Buffer.from('good'))
    const woken = await other.session(uuid)
    await completing.commit(digestOf(Buffer.from('good')))
    await woken.append(Buffer.from('evil'))
    await woken.close()
    expect(await one.read(digestOf(Buffer.from('good')))).toEqual(Buffer.from('good'))
  })

  it('A blob uploaded by one process is the very file of its upload session, renamed', async () => {
    const blobs = newStore()
    const session = await blobs.session(uuid)
    await session.append(Buffer.from('one'))
    await session.close()
    const { ino } = await stat(join(root, 'uploads', uuid))
    const digest = digestOf(Buffer.from('one'))
    await (await blobs.session(uuid)).commit(digest)
    const hex = digest.slice('sha256:'.length)
    expect((await stat(join(root, 'blobs', 'sha256', hex.slice(0, 2), hex))).ino).toBe(ino)
  })

  it('The files of a blob are closed at the end, when its consumer fails and when it is never committed', async () => {
    const { blobs, digest } = await stored(5_000_000)
    const whole = { start: 0, end: 4_999_999 }
    await blobs.send(digest, whole, async () => expect(await openFiles()).toHaveLength(1))
    await expect(blobs.send(digest, whole, () => Promise.reject(new Error('left')))).rejects.toThrow('left')
    expect(await openFiles()).toEqual([])
    const session = await blobs.session(uuid)
    await session.append(Buffer.from('x'))
    await session.close()
    await (await blobs.create()).abort()
    await expect((await blobs.create()).commit('sha256:x')).rejects.toThrow()
    await vi.waitFor(async () => expect(await openFiles()).toEqual([]), 30_000)
  })

  it('A blob is sent in large chunks, and in small ones to slow consumers if many of them hold memory', async () => {
    const { blobs, digest, bytes } = await stored(5_000_000)
    const whole = { start: 0, end: bytes.length - 1 }
    const sizes: number[] = []
    await blobs.send(digest, whole, async (chunk) => void sizes.push(chunk.length))
    expect(sizes).toEqual([1_048_576, 1_048_576, 1_048_576, 1_048_576, 5_000_000 - 4 * 1_048_576])

    const memory = new Set<ArrayBufferLike>()
    let count = 0
    let leave = () => {}
    const left = new Promise<void>((_, reject) => (leave = () => reject(new Error('left'))))
    const hold = (chunk: Uint8Array) => {
      memory.add(chunk.buffer)
      if (++count === 200) leave()
      return left
    }
    const ends = Array.from({ length: 200 }, (_, index) => ({ ...whole, start: 10_000 * index }))
    await Promise.allSettled(ends.map((range) => blobs.send(digest, range, hold)))
    expect(count).toBe(200)
    expect([...memory].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(64 * 1024 * 1024)
  })

  it('Consumers of a blob share the memory that it is read into, and one that holds or fails does not disturb others', async () => {
    const { blobs, digest, bytes } = await stored(51_000_000)
    const whole = { start: 0, end: bytes.length - 1 }
    const held: Uint8Array[] = []
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const holders: Promise<boolean>[] = []
    for (const count of [1, 2]) {
      const hold = (chunk: Uint8Array) => {
        held.push(chunk)
        return released
      }
      holders.push(blobs.send(digest, whole, hold))
      await vi.waitFor(() => expect(held).toHaveLength(count), 30_000)
    }
    const failing = blobs.send(digest, whole, async (chunk) => {
      held.push(chunk)
      throw new Error('left')
    })
    await expect(failing).rejects.toThrow('left')
    expect(held[2]?.buffer).toBe(held[1]?.buffer)
    const received: Buffer[] = []
    expect(await blobs.send(digest, whole, async (chunk) => void received.push(Buffer.from(chunk)))).toBe(true)
    expect(Buffer.concat(received).equals(bytes)).toBe(true)
    for (const chunk of held) expect(bytes.subarray(0, chunk.length).equals(chunk)).toBe(true)
    release()
    expect(await Promise.all(holders)).toEqual([true, true])
  })

  it('Bytes that are still in memory are not sent once the file has changed or is gone', async () => {
    const { blobs, digest, bytes } = await stored(200_000)
    const whole = { start: 0, end: bytes.length - 1 }
    const send = async (range = whole) => {
      const received: Buffer[] = []
      const isThere = await blobs.send(digest, range, async (chunk) => void received.push(Buffer.from(chunk)))
      return isThere ? Buffer.concat(received) : undefined
    }
    for (const all of await Promise.all([send(), send(), send()])) expect(all?.equals(bytes)).toBe(true)
    expect((await send({ start: 70_000, end: 199_998 }))?.equals(bytes.subarray(70_000, 199_999))).toBe(true)
    const file = join(root, 'blobs', 'sha256', digest.slice(7, 9), digest.slice(7))
    await writeFile(file, bytes.toReversed())
    await utimes(file, 1, 1)
    expect((await send())?.equals(bytes.toReversed())).toBe(true)
    await rm(file)
    expect(await send()).toBeUndefined()
  })

  it('A blob can be stored again after its directory, which the store knew, was removed', async () => {
    const { blobs, bytes, digest } = await stored(10)
    await rm(join(root, 'blobs'), { recursive: true })
    const writer = await blobs.create()
    await writer.append(bytes)
    await writer.commit(digest)
    expect(await blobs.read(digest)).toEqual(bytes)
  })

  it('A blob is absent once an operator has removed its file', async () => {
    const { blobs, digest } = await stored(10)
    await rm(join(root, 'blobs'), { recursive: true })
    expect(await blobs.size(digest)).toBeUndefined()
    expect(await blobs.send(digest, { start: 0, end: 9 }, async () => {})).toBe(false)
    expect(await blobs.read(digest)).toBeUndefined()
  })

  it('The blob store refuses an upload id that is not a UUID', async () => {
    await expect(newStore().session('../../escaped')).rejects.toThrow('is not an upload id')
    expect((await readdir(root)).sort()).toEqual(['blobs', 'notes', 'quarantine', 'tmp', 'uploads'])
  })

  it('A leftover temporary file counts as in use unless its process is known to be dead or it is old', async () => {
    const dead = spawn('true')
    await once(dead, 'exit')
    const [yesterday, now] = [new Date(Date.now() - 25 * 60 * 60 * 1000), new Date()]
    const files: [name: string, touchedAt: Date, mayBeInUse: boolean][] = [
      [temporaryName(uuid, dead.pid), now, false],
      [`${uuid}.1.another-host-long-gone`, yesterday, false],
      [temporaryName(uuid, process.pid, 1), now, false],
      [temporaryName(uuid), yesterday, true],
      [temporaryName(uuid, process.ppid), yesterday, true],
      [`${uuid}.1.1.1.another-host`, now, true],
      [`${uuid}.${dead.pid}.1.another-namespace.${hostname()}`, now, true],
    ]
    const blobs = newStore()
    for (const [name, touchedAt] of files) {
      await writeFile(join(root, 'tmp', name), 'x')
      await utimes(join(root, 'tmp', name), touchedAt, touchedAt)
    }
    const inFlight = await blobs.create()
    const found = new Map<string, boolean>()
    for await (const { name, mayBeInUse } of blobs.leftovers()) found.set(name, mayBeInUse)
    expect(found.size).toBe(files.length + 1)
    expect([...found]).toEqual(expect.arrayContaining(files.map(([name, , mayBeInUse]) => [name, mayBeInUse])))
    expect([...found.values()].filter(Boolean)).toHaveLength(5)
    await inFlight.abort()
  })

  it('A note cannot lie outside its directory', async () => {
    const { notes } = newStore()
    for (const name of ['../x', 'a/../../x', '/x', 'a//b', '', 'a/', 'a b', '.', 'a/..'])
      await expect(notes.put(name, 'x')).rejects.toThrow('is not a valid name of a note')
  })

  it('The name of a note may be longer than a file name can be', async () => {
    const { notes } = newStore()
    const names = ['a'.repeat(256), 'a'.repeat(200), 'a'.repeat(201), `${'b'.repeat(401)}/x`].map(
      (name) => `n/${name}/y`,
    )
    for (const name of names) await notes.put(name, name)
    for (const name of names) expect(await notes.get(name)).toBe(name)
    const found: string[] = []
    for await (const name of notes.list('n')) found.push(name)
    expect(found.sort()).toEqual([...names].sort())
    const under: string[] = []
    for await (const name of notes.list(`n/${'a'.repeat(256)}`)) under.push(name)
    expect(under).toEqual([names[0]])
    for (const name of names) await notes.remove(name)
    expect(await notes.get(names[0]!)).toBeUndefined()
  })

  it('A damaged blob is moved to quarantine, not deleted', async () => {
    const { blobs, digest } = await stored(10)
    await blobs.quarantine(digest)
    expect(await blobs.size(digest)).toBeUndefined()
    expect(await readdir(join(root, 'quarantine'))).toEqual([digest.replace(':', '-')])
  })

  describe.skipIf(!canMount())('The blob store on a full disk (skipped if this user may not mount a small one)', () => {
    let disk: string
    beforeEach(async () => {
      disk = join(root, 'disk')
      await mkdir(disk)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk])
    })
    afterEach(() => void execFileSync('umount', [disk]))

    it('A write to a full disk throws NoSpace and frees the space it took', async () => {
      const blobs = newStore(disk)
      const writer = await blobs.create()
      await writer.append(Buffer.alloc(600_000))
      await expect(writer.append(Buffer.alloc(600_000))).rejects.toThrow(NoSpace)
      expect(await readdir(join(disk, 'tmp'))).toEqual([])
      await writer.abort()
      const next = await blobs.create()
      await next.append(Buffer.alloc(600_000))
      await next.commit(digestOf(Buffer.alloc(600_000)))
    })
    it('An upload session keeps its bytes when a write finds the disk full', async () => {
      const blobs = newStore(disk)
      const session = await blobs.session(uuid)
      await session.append(Buffer.alloc(600_000))
      await expect(session.append(Buffer.alloc(600_000))).rejects.toThrow('has no space left')
      expect(session.size).toBe(600_000)
      await session.close()
      const resumed = await blobs.session(uuid)
      expect(resumed.size).toBe(600_000)
      await resumed.append(Buffer.alloc(1000))
      await resumed.commit(digestOf(Buffer.alloc(601_000)))
    })
  })
})
