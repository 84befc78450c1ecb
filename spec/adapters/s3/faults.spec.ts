import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type BlobStore, BlobsUnavailable } from '../../../src/registry/ports/blob-store.js'
import { impatient, s3WithStores } from '../../support/s3-blobs.js'
import type { S3Fault } from '../../support/s3-server.js'

const MiB = 1024 * 1024
const bytes = randomBytes(300_000)
const large = randomBytes(12 * MiB)
const digestOf = (content: Uint8Array) => `sha256:${createHash('sha256').update(content).digest('hex')}`

const s3 = await s3WithStores()
afterAll(() => s3[Symbol.asyncDispose]())

let stores: BlobStore[] = []
const [here, there] = [() => stores[0]!, () => stores[1]!]
beforeEach(async () => {
  s3.server.heal()
  const tuning = { ...impatient, partBytes: 5 * MiB }
  stores = [await s3.store(tuning), await s3.store(tuning)]
  await here().clear()
})

const contentOf = async (blobs: BlobStore, digest: string, range?: { start: number; end: number }) => {
  const chunks: Buffer[] = []
  const size = (await blobs.size(digest)) ?? 0
  const isThere = await blobs.send(digest, range ?? { start: 0, end: size - 1 }, async (chunk) => {
    chunks.push(Buffer.from(chunk))
  })
  return isThere ? Buffer.concat(chunks) : undefined
}

const keep = async (content: Buffer) => {
  const writer = await here().create()
  try {
    await writer.append(content)
    await writer.commit(digestOf(content))
  } finally {
    await writer.abort()
  }
  return digestOf(content)
}

/** Stores the bytes as appendPart does: they are stored when `close` resolves. */
const append = async (blobs: BlobStore, id: string, from: number, to: number) => {
  const session = await blobs.session(id)
  try {
    if (session.size === from) await session.append(bytes.subarray(from, to))
  } finally {
    await session.close()
  }
}

interface Action {
  /** Stores what the action needs. */
  prepare?: () => Promise<unknown>
  /** Returns whether the bytes are right. Can be repeated after a failure. */
  run: (id: string) => Promise<boolean>
}

const isKept = async (content: Buffer) => digestOf((await contentOf(there(), digestOf(content))) ?? Buffer.alloc(0))

const actions: Record<string, Action> = {
  'the commit of a fill': { run: async () => (await keep(bytes)) === (await isKept(bytes)) },
  'the commit of a fill in parts': { run: async () => (await keep(large)) === (await isKept(large)) },
  'a read': {
    prepare: () => keep(bytes),
    run: async () => (await here().read(digestOf(bytes)))?.equals(bytes) === true,
  },
  'sending a range': {
    prepare: () => keep(large),
    run: async () =>
      (await contentOf(here(), digestOf(large), { start: 5, end: 8 * MiB }))?.equals(large.subarray(5, 8 * MiB + 1)) ===
      true,
  },
  'a HEAD': { prepare: () => keep(bytes), run: async () => (await here().size(digestOf(bytes))) === bytes.length },
  'a push in chunks by way of two machines': {
    async run(id) {
      await append(here(), id, 0, 100_000)
      await append(there(), id, 100_000, 200_000)
      await append(here(), id, 200_000, bytes.length)
      await (await there().session(id)).commit(digestOf(bytes))
      return (await isKept(bytes)) === digestOf(bytes)
    },
  },
  'a push in one chunk': {
    async run(id) {
      await append(here(), id, 0, bytes.length)
      await (await here().session(id)).commit(digestOf(bytes))
      return (await isKept(bytes)) === digestOf(bytes)
    },
  },
  'a listing': {
    prepare: () => keep(bytes),
    async run() {
      const found: unknown[] = []
      for await (const blob of here().list()) found.push(blob)
      return JSON.stringify(found) === JSON.stringify([{ digest: digestOf(bytes), size: bytes.length }])
    },
  },
  'a note': {
    async run() {
      await here().notes.put('images/a', 'text')
      return (await there().notes.get('images/a')) === 'text'
    },
  },
}

const faults: S3Fault[] = [500, 503, 'hang', 'truncate', 'reset', 'lost', 'late']
const matrix = Object.keys(actions).flatMap((action) => faults.map((fault) => ({ action, fault })))

describe('S3 failures', () => {
  it.each(matrix)(
    'A failing S3 corrupts no byte in $action ($fault), and the next attempt succeeds',
    async ({ action, fault }) => {
      const { prepare, run } = actions[action]!
      await prepare?.()
      // Fails the first request once, the second twice (as often as it is tried), and everything from the third on.
      for (const [after, times] of [
        [0, 1],
        [1, 2],
        [2, 1000],
      ] as const) {
        s3.server.failNext(times, fault, { after })
        await run(randomUUID()).then(
          (right) => expect(right).toBe(true),
          (error: unknown) => expect(error).toBeInstanceOf(BlobsUnavailable),
        )
        const missed = s3.server.heal()
        if (after === 0) expect(missed).toBe(0)
      }
      expect(await run(randomUUID())).toBe(true)
    },
  )

  it('A single failure of any kind is hidden by a retry', async () => {
    for (const fault of [500, 503, 'hang', 'reset', 'late'] as const) {
      s3.server.failNext(1, fault)
      await keep(Buffer.from(`content ${fault}`))
      expect(s3.server.heal()).toBe(0)
    }
  })

  it('The removal of a blob gives up after a shorter limit, since callers wait for it', async () => {
    const digest = await keep(Buffer.from('to go'))
    const patient = await s3.store({ ...impatient, idleMs: 10_000, attempts: 3, removalMs: 200 })
    s3.server.failNext(1, 'hang', { operation: /^DeleteObject$/ })
    const begun = performance.now()
    await expect(patient.remove(digest, () => Promise.reject(new Error('asked')))).rejects.toThrow(BlobsUnavailable)
    expect(performance.now() - begun).toBeLessThan(2000)
    expect(await here().size(digest)).toBe(5)
  })

  it('A request to an S3 that hangs is given up within five seconds', async () => {
    s3.server.failNext(1000, 'hang')
    const begun = performance.now()
    await expect(here().size(digestOf(bytes))).rejects.toThrow(BlobsUnavailable)
    expect(performance.now() - begun).toBeLessThan(5000)
  })
})
