import { createHash, randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { type BlobStore, type BlobWriter, DigestMismatch } from '../../src/registry/ports/blob-store.js'

const digestOf = (bytes: Uint8Array, algorithm = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
const sessionId = 'd3b07384-d113-4ec1-a9e5-1f0a7c2b9e64'
const bytes = randomBytes(300_000)
const digest = digestOf(bytes)

/**
 * The behaviour required of every BlobStore. `create` returns an empty store, `reopen` the same store as a later
 * process finds it.
 */
export function blobStoreContract(name: string, create: () => Promise<BlobStore>, reopen: () => Promise<BlobStore>) {
  describe(`Blob store contract: ${name}`, () => {
    let blobs: BlobStore
    beforeEach(async () => {
      blobs = await create()
    })

    const fill = async (writer: BlobWriter, content: Uint8Array = bytes, step = 70_001) => {
      for (let at = 0; at < content.length; at += step) await writer.append(content.subarray(at, at + step))
      return writer
    }
    const store = async (content: Uint8Array) => (await fill(await blobs.create(), content)).commit(digestOf(content))
    const contentOf = async (which: string, range?: { start: number; end: number }) => {
      const chunks: Buffer[] = []
      const whole = { start: 0, end: ((await blobs.size(which)) ?? 1) - 1 }
      const isThere = await blobs.send(which, range ?? whole, async (chunk) => void chunks.push(Buffer.from(chunk)))
      return isThere ? Buffer.concat(chunks) : undefined
    }
    const hashOf = async (which: string) => digestOf((await contentOf(which)) ?? Buffer.from('absent'))
    const sessionSize = async () => {
      const session = await blobs.session(sessionId)
      await session.close()
      return session.size
    }
    const isAbsent = async (which: string) => {
      expect(await blobs.size(which)).toBeUndefined()
      expect(await contentOf(which)).toBeUndefined()
      expect(await blobs.read(which)).toBeUndefined()
    }

    it('A blob is invisible before it is committed and complete afterwards', async () => {
      const writer = await fill(await blobs.create())
      expect(writer.size).toBe(bytes.length)
      await isAbsent(digest)
      await writer.commit(digest)
      expect(await blobs.size(digest)).toBe(bytes.length)
      expect(await hashOf(digest)).toBe(digest)
      expect((await blobs.read(digest))?.equals(bytes)).toBe(true)
    })
    it('A blob outlives the process that stored it', async () => {
      await store(bytes)
      blobs = await reopen()
      expect(await hashOf(digest)).toBe(digest)
    })
    it('A blob that does not hash to its digest is not stored', async () => {
      const other = digestOf(Buffer.from('other'))
      const writer = await fill(await blobs.create())
      await expect(writer.commit(other)).rejects.toThrow(DigestMismatch)
      await isAbsent(other)
      await isAbsent(digest)
      await writer.abort()
    })
    it('An aborted blob is gone; aborting twice or after the commit has no effect', async () => {
      const aborted = await fill(await blobs.create())
      await aborted.abort()
      await aborted.abort()
      await isAbsent(digest)
      const committed = await fill(await blobs.create())
      await committed.commit(digest)
      await committed.abort()
      expect(await hashOf(digest)).toBe(digest)
    })
    it('A blob writer may be closed after commit and after abort', async () => {
      const committed = await fill(await blobs.session(sessionId))
      await committed.commit(digest)
      await committed.close()
      expect(await hashOf(digest)).toBe(digest)
      const aborted = await fill(await blobs.session(sessionId))
      await aborted.abort()
      await aborted.close()
      await aborted.close()
      expect(await sessionSize()).toBe(0)
    })
    it('A blob may be named by a sha512 digest', async () => {
      const writer = await fill(await blobs.create())
      await writer.commit(digestOf(bytes, 'sha512'))
      expect(await hashOf(digestOf(bytes, 'sha512'))).toBe(digest)
      await isAbsent(digest)
      await expect((await fill(await blobs.create())).commit(`sha512:${'0'.repeat(128)}`)).rejects.toThrow(
        DigestMismatch,
      )
    })
    it('A blob may be empty', async () => {
      const empty = Buffer.alloc(0)
      await store(empty)
      expect(await blobs.size(digestOf(empty))).toBe(0)
      expect(await contentOf(digestOf(empty))).toEqual(empty)
      expect(await blobs.read(digestOf(empty))).toEqual(empty)
    })
    it('A blob is served in ranges', async () => {
      await store(bytes)
      const property = fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(bytes.length - 1), async (one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)]
        expect((await contentOf(digest, { start, end }))?.equals(bytes.subarray(start, end + 1))).toBe(true)
      })
      await fc.assert(property, {
        numRuns: 25,
        examples: [
          [0, 0],
          [bytes.length - 1, bytes.length - 1],
        ],
      })
    })
    it('A blob can be read while it is written, up to the last appended byte, and still after the commit', async () => {
      const writer = await fill(await blobs.create())
      expect((await writer.read(100_000, 150_000)).equals(bytes.subarray(100_000, 250_000))).toBe(true)
      expect((await writer.read(bytes.length - 5, 1000)).equals(bytes.subarray(-5))).toBe(true)
      expect(await writer.read(bytes.length, 10)).toHaveLength(0)
      const [early] = await Promise.all([writer.read(0, 10), writer.commit(digest)])
      expect(early.equals(bytes.subarray(0, 10))).toBe(true)
      expect((await writer.read(20, 10)).equals(bytes.subarray(20, 30))).toBe(true)
    })
    it('Several chunks can be appended at once, empty ones among them', async () => {
      for (const writer of [await blobs.create(), await blobs.session(sessionId)]) {
        await writer.append(Buffer.from('one'), Buffer.alloc(0), Buffer.from(' two'))
        await writer.append(Buffer.from(' three'))
        const content = Buffer.from('one two three')
        expect(writer.size).toBe(content.length)
        await writer.commit(digestOf(content))
        expect(await blobs.read(digestOf(content))).toEqual(content)
        await writer.close()
      }
    })
    it('The buffer of an appended chunk may be reused', async () => {
      const writer = await blobs.create()
      const chunk = Buffer.from('one')
      await writer.append(chunk)
      chunk.write('two')
      await writer.append(chunk)
      await writer.commit(digestOf(Buffer.from('onetwo')))
    })
    it('A blob that many writers store at the same time is stored once', async () => {
      await Promise.all(Array.from({ length: 10 }, () => store(bytes)))
      expect(await hashOf(digest)).toBe(digest)
    })
    it('Storing a blob again does not disturb a reader of it', async () => {
      await store(bytes)
      const chunks: Buffer[] = []
      await blobs.send(digest, { start: 0, end: bytes.length - 1 }, async (chunk) => {
        if (chunks.length === 0) await store(bytes)
        chunks.push(Buffer.from(chunk))
      })
      expect(digestOf(Buffer.concat(chunks))).toBe(digest)
    })
    it('A blob is sent chunk by chunk, never faster than the consumer takes the chunks', async () => {
      await store(bytes)
      let [inHand, taken] = [0, 0]
      const take = async (chunk: Uint8Array) => {
        expect(++inHand).toBe(1)
        await new Promise((resolve) => setImmediate(resolve))
        taken += chunk.length
        inHand--
      }
      expect(await blobs.send(digest, { start: 1, end: bytes.length - 2 }, take)).toBe(true)
      expect(taken).toBe(bytes.length - 2)
      const enough = new Error('enough')
      let calls = 0
      const refuse = () => Promise.reject(calls++ === 0 ? enough : new Error('more'))
      await expect(blobs.send(digest, { start: 0, end: bytes.length - 1 }, refuse)).rejects.toBe(enough)
    })
    it('A malformed digest never leads outside the store', async () => {
      const tricks = ['sha256:../../x', `sha256:${'A'.repeat(64)}`, `md5:${'a'.repeat(32)}`, 'x', '', `${digest}\n`]
      for (const trick of [
        ...tricks,
        digest.slice(0, -1),
        `sha256:${'../'.repeat(21)}x`,
        `sha256:\0${digest.slice(8)}`,
      ]) {
        await isAbsent(trick)
        await expect((await fill(await blobs.create())).commit(trick)).rejects.toThrow(DigestMismatch)
      }
    })
    it('Clearing the store removes blobs and upload sessions', async () => {
      await store(bytes)
      await blobs.read(digest)
      await (await fill(await blobs.session(sessionId))).close()
      await blobs.clear()
      await isAbsent(digest)
      expect(await sessionSize()).toBe(0)
      await store(bytes)
    })

    it('A blob is listed once it is committed, until it is removed or quarantined', async () => {
      const other = Buffer.from('other')
      await store(bytes)
      await store(other)
      const unfinished = await fill(await blobs.create())
      const listed = async () => {
        const found: Record<string, number> = {}
        for await (const { digest: name, size } of blobs.list()) found[name] = size
        return found
      }
      expect(await listed()).toEqual({ [digest]: bytes.length, [digestOf(other)]: other.length })
      await unfinished.abort()
      await blobs.read(digestOf(other))
      await blobs.remove(digestOf(other))
      await blobs.remove(digestOf(other))
      await isAbsent(digestOf(other))
      await blobs.quarantine(digest)
      await blobs.quarantine(digest)
      await isAbsent(digest)
      expect(await listed()).toEqual({})
      await store(bytes)
      expect(await hashOf(digest)).toBe(digest)
    })
    it('The bytes of an upload session are listed as a leftover until they are discarded', async () => {
      const leftUploads = async () => {
        const found = []
        for await (const leftover of blobs.leftovers()) if (leftover.kind === 'upload') found.push(leftover)
        return found
      }
      expect(await leftUploads()).toEqual([])
      const before = Date.now()
      await (await fill(await blobs.session(sessionId))).close()
      const [left, ...others] = await leftUploads()
      expect(left).toMatchObject({ name: sessionId, mayBeInUse: false })
      expect(others.every(({ name }) => name === sessionId)).toBe(true)
      // File systems and object stores record times coarsely.
      expect(left!.modifiedAt).toBeGreaterThan(before - 2000)
      for (const leftover of await leftUploads()) await blobs.discard(leftover)
      for (const leftover of [left!]) await blobs.discard(leftover)
      expect(await leftUploads()).toEqual([])
      expect(await sessionSize()).toBe(0)
    })
    it('Notes can be stored, listed and removed beside the blobs', async () => {
      const { notes } = blobs
      const under = async (name: string) => {
        const found: string[] = []
        for await (const note of notes.list(name)) found.push(note)
        return found.sort()
      }
      const name = 'images/1/eu-west-1/a/b/sha256:0a'
      expect(await notes.get(name)).toBeUndefined()
      await notes.put(name, '{"tags":["ü"]}')
      await notes.put('images/1/eu-west-1/a/sha256:0b', 'other')
      await notes.put('images/1/eu-west-1/ab/sha256:0c', 'third')
      await notes.put(name, 'changed')
      blobs = await reopen()
      expect(await blobs.notes.get(name)).toBe('changed')
      expect(await under('images/1/eu-west-1/a')).toEqual([name, 'images/1/eu-west-1/a/sha256:0b'])
      expect(await under('images')).toHaveLength(3)
      expect(await under('nothing')).toEqual([])
      await notes.remove(name)
      await notes.remove(name)
      expect(await blobs.notes.get(name)).toBeUndefined()
      await blobs.clear()
      expect(await under('images')).toEqual([])
    })
    it('A reader of a blob that is removed meanwhile receives all of it or an error', async () => {
      await store(bytes)
      const chunks: Buffer[] = []
      const isThere = await blobs
        .send(digest, { start: 0, end: bytes.length - 1 }, async (chunk) => {
          if (chunks.length === 0) await blobs.remove(digest)
          chunks.push(Buffer.from(chunk))
        })
        .catch(() => false)
      if (isThere) expect(digestOf(Buffer.concat(chunks))).toBe(digest)
    })

    describe('Blobs of an upload session', () => {
      it('An upload session continues from request to request', async () => {
        await (await fill(await blobs.session(sessionId), bytes.subarray(0, 1000))).close()
        const resumed = await blobs.session(sessionId)
        expect(resumed.size).toBe(1000)
        expect((await resumed.read(0, 1000)).equals(bytes.subarray(0, 1000))).toBe(true)
        await fill(resumed, bytes.subarray(1000))
        await resumed.close()
        await (await blobs.session(sessionId)).commit(digest)
        expect(await hashOf(digest)).toBe(digest)
        expect(await sessionSize()).toBe(0)
      })
      it.each(['sha256', 'sha512'])('An upload session continues after a restart (%s)', async (algorithm) => {
        await (await fill(await blobs.session(sessionId), bytes.subarray(0, 200_000))).close()
        blobs = await reopen()
        const resumed = await fill(await blobs.session(sessionId), bytes.subarray(200_000))
        await resumed.commit(digestOf(bytes, algorithm))
        expect(await hashOf(digestOf(bytes, algorithm))).toBe(digest)
      })
      it('An upload session is empty after an abort and after a digest mismatch', async () => {
        await (await fill(await blobs.session(sessionId))).abort()
        expect(await sessionSize()).toBe(0)
        const mismatching = await fill(await blobs.session(sessionId))
        await expect(mismatching.commit(`sha256:${'0'.repeat(64)}`)).rejects.toThrow(DigestMismatch)
        expect(await sessionSize()).toBe(0)
      })
    })
  })
}
