import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { filesystemBlobStore } from '../../src/adapters/filesystem/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { clientPriority } from '../../src/pull-through-cache/fills/client-priority.js'
import { type Fill, startFill } from '../../src/pull-through-cache/fills/fill.js'
import { leasesOn } from '../../src/coordination/leases/leases.js'
import type { Leases } from '../../src/registry/ports/lease.js'
import { noMetrics } from '../../src/registry/ports/metrics.js'
import { storeOf } from '../../src/store/store-of.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { digestOf, seededBytes } from '../support/upstream-content.js'
import { silent as log } from '../support/silent-log.js'

const size = 600_000
const right = seededBytes(size, 'right')
const wrong = seededBytes(size, 'wrong')
const digest = digestOf(right)
/** How many bytes of a transfer have arrived when a client follows it. */
const SEEN = 500_000

/** The bodies that an upstream sends one after the other; each holds its end back until it is released. */
function bodies(...contents: Buffer[]) {
  const gates = contents.map(() => {
    let open = () => {}
    return { opened: new Promise<void>((resolve) => (open = resolve)), open: () => open() }
  })
  let asked = 0
  async function* body(from: number, which: number) {
    yield contents[which]!.subarray(from, SEEN)
    await gates[which]!.opened
    yield contents[which]!.subarray(Math.max(from, SEEN))
  }
  const openBody = async (from: number) => ({ size, body: Readable.from(body(from, asked++)) })
  const request = {
    digest,
    size,
    openBody,
    mayReuse: (isStored: () => Promise<boolean>) => isStored(),
    confirm: async () => {},
  }
  return { request, letGo: (which: number) => gates[which]!.open() }
}

/** Leases that can be looked at as usual, except while they are stopped. */
function stoppable(leases: Leases) {
  let [going, goOn] = [Promise.resolve(), () => {}]
  const look: Leases['look'] = async (name) => {
    await going
    return leases.look(name)
  }
  const stop = () => void (going = new Promise((resolve) => (goOn = resolve)))
  return { leases: { ...leases, look }, stop, goOn: () => goOn() }
}

describe('clients of a transfer in another process', () => {
  const ended: (() => unknown)[] = []
  afterEach(() => Promise.all(ended.splice(0).map((end) => end())))

  /** Planes on one disk and one store. */
  async function planes() {
    const directory = await temporaryDirectory()
    ended.push(() => directory[Symbol.asyncDispose]())
    const keyValue = memoryKeyValue()
    return () => {
      const store = storeOf(keyValue)
      const leases = leasesOn({ store, ids: randomIds, log, beatMs: 20, deadAfterMs: 200, pollMs: 5 })
      ended.push(() => leases.stop())
      const blobs = filesystemBlobStore({ root: directory.path, ids: randomIds })
      return {
        blobs,
        leases,
        pins: { pin: async () => {}, isPinned: async () => true },
        log,
        metrics: noMetrics,
        clients: clientPriority(),
      }
    }
  }

  function clientOf(fill: Fill) {
    const chunks: Buffer[] = []
    const sent = fill.send({ start: 0, end: size - 1 }, async (chunk) => void chunks.push(Buffer.from(chunk)))
    sent.catch(() => {})
    const bytes = () => Buffer.concat(chunks)
    return { sent, bytes, hasSeen: () => expect.poll(() => bytes().length).toBe(SEEN) }
  }

  it('A client of a transfer in another process gets the whole layer', async () => {
    const plane = await planes()
    const { request, letGo } = bodies(right)
    const transferring = startFill('fill', request, plane())
    await transferring.started()
    const client = clientOf(startFill('fill', request, plane()))
    await client.hasSeen()
    letGo(0)
    await client.sent
    expect(client.bytes().equals(right)).toBe(true)
  })

  it('A client is broken off if its transfer failed unnoticed and another one has succeeded', async () => {
    const plane = await planes()
    const { request, letGo } = bodies(wrong, right)
    const [one, other] = [plane(), plane()]
    const failing = startFill('fill', request, one)
    const watching = stoppable(other.leases)
    await failing.started()
    const client = clientOf(startFill('fill', request, { ...other, leases: watching.leases }))
    await client.hasSeen()
    watching.stop()
    letGo(0)
    await expect(failing.done).rejects.toThrow('wrong bytes')
    letGo(1)
    await startFill('fill', request, one).done
    watching.goOn()
    await expect(client.sent).rejects.toThrow('different bytes')
  })

  it('A client is broken off if its transfer failed unnoticed and another one is running', async () => {
    const plane = await planes()
    const { request, letGo } = bodies(wrong, right)
    const [one, other] = [plane(), plane()]
    const failing = startFill('fill', request, one)
    const watching = stoppable(other.leases)
    await failing.started()
    const client = clientOf(startFill('fill', request, { ...other, leases: watching.leases }))
    await client.hasSeen()
    watching.stop()
    letGo(0)
    await expect(failing.done).rejects.toThrow('wrong bytes')
    const second = startFill('fill', request, one)
    await expect.poll(async () => (await one.leases.look('fill')).following).toBeDefined()
    watching.goOn()
    await expect(client.sent).rejects.toThrow('different bytes')
    letGo(1)
    await second.done
  })

  it('A client gets the whole layer if its transfer dies and another process resumes it', async () => {
    const plane = await planes()
    const { request, letGo } = bodies(right, right)
    const [one, other, third] = [plane(), plane(), plane()]
    const dying = startFill('fill', request, one)
    dying.done.catch(() => {})
    await dying.started()
    const watching = stoppable(other.leases)
    const client = clientOf(startFill('fill', request, { ...other, leases: watching.leases }))
    const next = startFill('fill', request, third)
    await client.hasSeen()
    watching.stop()
    one.leases.stop()
    const isFollowed = async () => {
      const { fence, following } = await third.leases.look('fill')
      return fence === 2 && following !== undefined
    }
    await expect.poll(isFollowed).toBe(true)
    watching.goOn()
    letGo(1)
    await next.done
    await client.sent
    expect(client.bytes().equals(right)).toBe(true)
  })
})
