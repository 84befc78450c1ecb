import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type GrowingBlob, growingBlob } from '../../src/pull-through-cache/fills/growing-blob.js'
import { seededBytes } from '../support/upstream-content.js'

const size = 3_000_000
const CHUNK_BYTES = 60_000
const content = seededBytes(size, 'growing')

/** A transfer that receives every chunk into the same memory, as a socket may, and writes each to a file at once. */
async function transfer(blob: GrowingBlob) {
  let written = 0
  const recent = blob.readFrom({
    read: async (position, length) => Buffer.from(content.subarray(position, Math.min(written, position + length))),
  })
  const chunk = Buffer.alloc(CHUNK_BYTES)
  for (let position = 0; position < size; position += CHUNK_BYTES) {
    content.copy(chunk, 0, position)
    blob.arrived(chunk)
    for (let piece = recent.unwritten(); piece; piece = recent.unwritten()) {
      expect(content.subarray(written, written + piece.length).equals(piece)).toBe(true)
      written += piece.length
      recent.written(piece.length)
    }
    await turn()
  }
  expect(written).toBe(size)
  blob.verified()
}

/** What a client receives that looks at a piece only `turns` turns of the event loop after it was passed. */
async function receive(blob: GrowingBlob, turns: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let position = 0; position < size;) {
    if (blob.available(position, size - 1) <= 0) await blob.changed()
    const length = Math.max(0, blob.available(position, size - 1))
    position += await blob.pass(position, length, async (piece) => {
      for (let count = 0; count < turns; count++) await turn()
      pieces.push(Buffer.from(piece))
    })
  }
  return Buffer.concat(pieces)
}

describe('Memory of a transfer', () => {
  it('Clients that keep up and clients that are slow get the same bytes while the memory is used again', async () => {
    const blob = growingBlob(size)
    const clients = [0, 1, 8, 40].map((turns) => receive(blob, turns))
    await transfer(blob)
    for (const bytes of await Promise.all(clients)) expect(bytes.equals(content)).toBe(true)
  })

  it('Clients that are behind share the reads of the file', async () => {
    const blob = growingBlob(size)
    let reads = 0
    blob.readFrom({
      read: async (position, length) => {
        reads++
        return Buffer.from(content.subarray(position, position + length))
      },
    })
    blob.grewTo(size)
    blob.verified()
    const clients = Array.from({ length: 20 }, (_, index) => receive(blob, index % 3))
    for (const bytes of await Promise.all(clients)) expect(bytes.equals(content)).toBe(true)
    expect(reads).toBeLessThan(40)
  })

  it('A read of the file that failed is repeated for the next client', async () => {
    const blob = growingBlob(size)
    let failures = 2
    blob.readFrom({
      read: async (position, length) => {
        if (failures-- > 0) throw new Error('EIO')
        return Buffer.from(content.subarray(position, position + length))
      },
    })
    blob.grewTo(size)
    blob.verified()
    await expect(receive(blob, 0)).rejects.toThrow('EIO')
    expect((await receive(blob, 0)).equals(content)).toBe(true)
  })

  it('The memory that a client which failed was being sent is not used again', async () => {
    const blob = growingBlob(size)
    const transferring = transfer(blob)
    let held: Uint8Array = new Uint8Array()
    const failing = blob.pass(0, CHUNK_BYTES, async (piece) => {
      held = piece
      throw new Error('The client disconnected')
    })
    await expect(failing).rejects.toThrow('disconnected')
    await transferring
    expect(held.length).toBeGreaterThan(0)
    expect(content.subarray(0, held.length).equals(held)).toBe(true)
  })
})
