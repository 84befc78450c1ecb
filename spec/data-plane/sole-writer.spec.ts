import { afterEach, describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { soleWriter } from '../../src/data-plane/sole-writer.js'
import { beginUpload } from '../../src/registry/layer-upload.js'
import { leasesOn } from '../../src/registry/leases.js'
import type { Lease, Leases } from '../../src/registry/ports/leases.js'
import { installation } from '../../src/registry/registry.js'
import { newRepository } from '../../src/registry/repository.js'
import { storeOf } from '../../src/registry/store.js'
import { uploadLease } from '../../src/registry/upload-turns.js'
import { now, registry } from '../support/stocked-store.js'
import { silent as log } from '../support/silent-log.js'

const taken = { status: 409, code: 'BLOB_UPLOAD_INVALID' }

describe('the one writer of an upload', () => {
  const started: Leases[] = []
  afterEach(() => started.splice(0).forEach((leases) => leases.stop()))

  /** Leases of two planes that count every few milliseconds. */
  async function twoPlanes() {
    const store = storeOf(memoryKeyValue())
    const session = { registry, repository: 'app', id: randomIds.uuid() }
    await store.repositories.insert(registry, 'app', newRepository('app', now))
    await beginUpload({ store }, session, now)
    const aPlane = () => leasesOn({ store, ids: randomIds, log, beatMs: 2, deadAfterMs: 1000, lookMs: 5 })
    const [one, other] = [aPlane(), aPlane()]
    started.push(one, other)
    return { store, session, one, other, name: uploadLease(session.id) }
  }

  it('follows one whose request ended at another plane a moment ago, though that still counts', async () => {
    const { store, session, one, other, name } = await twoPlanes()
    const lingering = await one.acquire(name)
    const next = soleWriter(session, { leases: other, store }, async () => 'written')
    await expect.poll(async () => (await other.look(name)).isAlive, { interval: 1 }).toBe(true)
    await lingering.release()
    expect(await next).toBe('written')
  })

  it('is refused while one is at it that counts', async () => {
    const { store, session, one, other, name } = await twoPlanes()
    await one.acquire(name)
    await expect(soleWriter(session, { leases: other, store }, async () => 'written')).rejects.toMatchObject(taken)
  })

  it('is told with the next bytes that another has its place', async () => {
    const { store, session, one, name } = await twoPlanes()
    const written: string[] = []
    let held: Lease | undefined
    const tryAcquire = async (wanted: string) => (held = await one.tryAcquire(wanted))
    async function* bytes() {
      yield Buffer.from('good')
      await store.leases.update(installation, name, (record) => ({ ...record, owner: 'another' }))
      await expect.poll(() => held?.isLost).toBe(true)
      yield Buffer.from('evil')
    }
    const writing = soleWriter(session, { leases: { ...one, tryAcquire }, store }, async (whileOurs) => {
      for await (const chunk of whileOurs(bytes())) written.push(Buffer.from(chunk).toString())
    })
    await expect(writing).rejects.toMatchObject(taken)
    expect(written).toEqual(['good'])
  })
})
