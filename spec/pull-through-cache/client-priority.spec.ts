import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { clientPriority } from '../../src/pull-through-cache/fills/client-priority.js'

/** A client that waits until it is let go. */
function client() {
  let letGo: (error?: Error) => void = () => {}
  const waiting = new Promise<void>((resolve, reject) => (letGo = (error) => (error ? reject(error) : resolve())))
  return { waiting: () => waiting, letGo }
}

const LONG_MS = 60_000

describe('The priority of clients', () => {
  it('The storing of blobs goes on at once while no client waits', async () => {
    await clientPriority(LONG_MS).whenServed()
  })

  it('The storing of blobs waits for the last client, also for one that fails', async () => {
    const clients = clientPriority(LONG_MS)
    const [served, failed] = [client(), client()]
    const outcomes = Promise.allSettled([clients.serve(served.waiting), clients.serve(failed.waiting)])
    let stored = 0
    const storing = [1, 2].map(() => clients.whenServed().then(() => stored++))
    served.letGo()
    await setImmediate()
    expect(stored).toBe(0)
    failed.letGo(new Error('the client is gone'))
    await Promise.all(storing)
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  it('A client that reads slowly is waited for once, and not by each blob that is stored', async () => {
    const clients = clientPriority(1)
    void clients.serve(client().waiting)
    await clients.whenServed()
    let isStored = false
    void clients.whenServed().then(() => (isStored = true))
    await setImmediate()
    expect(isStored).toBe(true)
  })
})
