import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { appendArriving } from '../../src/registry/layers/append-arriving.js'

/** A writer whose appends end when the spec says so. */
function slowWriter() {
  const appends: string[] = []
  const ends: ((error?: Error) => void)[] = []
  const append = (...chunks: Uint8Array[]) => {
    appends.push(chunks.map((chunk) => Buffer.from(chunk).toString()).join('+'))
    return new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())))
  }
  const end = async (error?: Error) => {
    await expect.poll(() => ends.length).toBeGreaterThan(0)
    ends.shift()!(error)
  }
  const endUntil = async (last: Promise<void>) => {
    let isOver = false
    void last.then(() => (isOver = true))
    for (; !isOver; await setImmediate()) ends.shift()?.()
  }
  return { append, appends, end, endUntil }
}

async function* arriving(...texts: string[]) {
  for (const text of texts) {
    yield Buffer.from(text)
    await setImmediate()
  }
}

async function* breakingOffAfter(...texts: string[]) {
  yield* arriving(...texts)
  throw new Error('the client is gone')
}

const anyNumber = () => {}

describe('Bytes that arrive during a write', () => {
  it('They are written together, in their order', async () => {
    const { append, appends, end } = slowWriter()
    const received: number[] = []
    const appending = appendArriving({ append }, arriving('a', 'bb', 'ccc'), (bytes) => void received.push(bytes))
    await expect.poll(() => received).toEqual([1, 3, 6])
    await end()
    await end()
    await appending
    expect(appends).toEqual(['a', 'bb+ccc'])
  })

  it('They are written before it is reported that the body broke off', async () => {
    const { append, appends, end } = slowWriter()
    const appending = appendArriving({ append }, breakingOffAfter('a', 'b'), anyNumber)
    appending.catch(() => {})
    await end()
    await end()
    await expect(appending).rejects.toThrow('the client is gone')
    expect(appends).toEqual(['a', 'b'])
  })

  it('They are not read on without bound while a write takes long', async () => {
    const { append, endUntil } = slowWriter()
    const quarter = 'x'.repeat(256 * 1024)
    let read = 0
    const appending = appendArriving({ append }, arriving(...Array<string>(20).fill(quarter)), () => void read++)
    for (let turn = 0; turn < 40; turn++) await setImmediate()
    expect(read).toBe(5)
    await endUntil(appending)
    expect(read).toBe(20)
  })

  it('They are not read on without bound if they arrive byte by byte', async () => {
    const { append, endUntil } = slowWriter()
    let read = 0
    const appending = appendArriving({ append }, Array<Buffer>(50_000).fill(Buffer.from('x')), () => void read++)
    for (let turn = 0; turn < 40; turn++) await setImmediate()
    expect(read).toBe(1025)
    await endUntil(appending)
    expect(read).toBe(50_000)
  })

  it('They are refused with the failure of the write', async () => {
    const { append, end } = slowWriter()
    const appending = appendArriving({ append }, arriving('a', 'b'), anyNumber)
    appending.catch(() => {})
    await end(new Error('the disk is full'))
    await expect(appending).rejects.toThrow('the disk is full')
  })
})
