import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { filesystemBlobStore } from '../../src/adapters/filesystem/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { prometheusMetrics } from '../../src/adapters/prometheus/prometheus-metrics.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { leasesOn } from '../../src/coordination/leases/leases.js'
import { clientPriority } from '../../src/pull-through-cache/fills/client-priority.js'
import { type FillDeps, startFill } from '../../src/pull-through-cache/fills/fill.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'
import { storeOf } from '../../src/store/store-of.js'
import { silent } from '../support/silent-log.js'
import { digestOf, seededBytes } from '../support/upstream-content.js'

const bytes = seededBytes(10_000, 'fill')
const digest = digestOf(bytes)

describe('A fill', () => {
  let root: string
  let deps: FillDeps
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ecr-local-fill-'))
    const leases = leasesOn({ store: storeOf(memoryKeyValue()), ids: randomIds, log: silent })
    const pins = { pin: async () => {}, isPinned: async () => true }
    const blobs = filesystemBlobStore({ root, ids: randomIds })
    deps = { blobs, leases, pins, log: silent, metrics: prometheusMetrics(), clients: clientPriority() }
  })
  afterEach(async () => {
    deps.leases.stop()
    await rm(root, { recursive: true })
  })

  /** Fetches the blob from an upstream whose first bodies are given. */
  const fill = (bodies: Readable[] = [], others: Partial<FillDeps> = {}) => {
    const openBody = async (from: number) => ({
      size: bytes.length,
      body: bodies.shift() ?? Readable.from([bytes.subarray(from)]),
    })
    const request = { digest, size: bytes.length, openBody, mayReuse: async () => false, confirm: async () => {} }
    return startFill('fill', request, { ...deps, ...others })
  }

  it('A body that failed before its transfer looked at it is requested again', async () => {
    const failed = new PassThrough().on('error', () => {}).destroy(new Error('reset'))
    await new Promise((resolve) => failed.once('close', resolve))
    await fill([failed]).done
    expect(await deps.blobs.size(digest)).toBe(bytes.length)
  })

  it('A blob is sent to its client before it is stored, which waits for other clients', async () => {
    const clients = clientPriority(60_000)
    let letGo = () => {}
    const waiting = clients.serve(() => new Promise<void>((resolve) => (letGo = resolve)))
    const filling = fill([], { clients })
    const received: Buffer[] = []
    const range = { start: 0, end: bytes.length - 1 }
    await filling.send(range, async (chunk) => void received.push(Buffer.from(chunk)))
    expect(Buffer.concat(received).equals(bytes)).toBe(true)
    expect(await deps.blobs.size(digest)).toBeUndefined()
    letGo()
    await Promise.all([waiting, filling.done])
    expect(await deps.blobs.size(digest)).toBe(bytes.length)
  })

  it('A fill that could not pin its blob does not hold its lease any longer', async () => {
    const pin = () => Promise.reject(new StoreUnavailable('for a moment'))
    await expect(fill([], { pins: { ...deps.pins, pin } }).done).rejects.toThrow('for a moment')
    await fill().done
    expect(await deps.blobs.size(digest)).toBe(bytes.length)
  })

  it('A fill that waits for the one of another process has no file of its own meanwhile', async () => {
    const other = await deps.leases.acquire('fill')
    let looks = 0
    const look: FillDeps['leases']['look'] = (name) => {
      looks++
      return deps.leases.look(name)
    }
    const { done } = fill([], { leases: { ...deps.leases, look } })
    await expect.poll(() => looks).toBeGreaterThan(1)
    expect(await readdir(join(root, 'tmp'))).toEqual([])
    await other.release()
    await done
    expect(await deps.blobs.size(digest)).toBe(bytes.length)
  })
})
