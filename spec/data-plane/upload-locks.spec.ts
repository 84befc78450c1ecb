import { afterEach, describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { uploadLocks } from '../../src/data-plane/upload-locks.js'
import { beginUpload } from '../../src/registry/layers/layer-upload.js'
import { leasesOn } from '../../src/coordination/leases/leases.js'
import type { Lease, Leases } from '../../src/registry/ports/lease.js'
import { installation } from '../../src/registry/registry.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { storeOf } from '../../src/store/store-of.js'
import { uploadLease } from '../../src/registry/layers/upload-lease.js'
import { now, registry } from '../support/stocked-store.js'
import { silent as log } from '../support/silent-log.js'

const taken = { status: 409, code: 'BLOB_UPLOAD_INVALID' }

describe('exclusive writer of an upload', () => {
  const started: Leases[] = []
  afterEach(() => started.splice(0).forEach((leases) => leases.stop()))

  /** Two planes on one store whose leases are renewed every two milliseconds. */
  async function twoPlanes() {
    const store = storeOf(memoryKeyValue())
    const session = { registry, repository: 'app', id: randomIds.uuid() }
    await store.repositories.insert(registry, 'app', newRepository('app', now))
    await beginUpload({ store }, session, now)
    const aPlane = () => leasesOn({ store, ids: randomIds, log, beatMs: 2, deadAfterMs: 1000, pollMs: 5 })
    const [one, other] = [aPlane(), aPlane()]
    started.push(one, other)
    return { store, session, one, other, name: uploadLease(session.id) }
  }

  it('An upload accepts a new writer once the previous one releases its lease on another plane', async () => {
    const { store, session, one, other, name } = await twoPlanes()
    const lingering = await one.acquire(name)
    const next = uploadLocks({ leases: other, store }).withLock(session, async () => 'written')
    await expect.poll(async () => (await other.look(name)).isAlive, { interval: 1 }).toBe(true)
    await lingering.release()
    expect(await next).toBe('written')
  })

  it('An upload refuses a second writer with 409 while the lease of the first is alive', async () => {
    const { store, session, one, other, name } = await twoPlanes()
    await one.acquire(name)
    await expect(uploadLocks({ leases: other, store }).withLock(session, async () => 'written')).rejects.toMatchObject(
      taken,
    )
  })

  it('A writer that loses its lease is stopped with 409 at its next chunk', async () => {
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
    const writing = uploadLocks({ leases: { ...one, tryAcquire }, store }).withLock(session, async (whileLocked) => {
      for await (const chunk of whileLocked(bytes())) written.push(Buffer.from(chunk).toString())
    })
    await expect(writing).rejects.toMatchObject(taken)
    expect(written).toEqual(['good'])
  })
})
