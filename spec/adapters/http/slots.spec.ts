import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { fairSemaphore } from '../../../src/coordination/fair-semaphore.js'

/** Requests slots one after another and records who receives one. The first letter of a name is its account. */
const queueing = (limit: number) => {
  const places = fairSemaphore(limit)
  const inside: string[] = []
  const releases = new Map<string, () => void>()
  const enter = (...names: string[]) => {
    for (const name of names) {
      void places.acquire([name.slice(0, 1), name]).then((release) => {
        inside.push(name)
        releases.set(name, release)
      })
    }
    return nextTurn()
  }
  const leave = (name: string) => {
    releases.get(name)?.()
    return nextTurn()
  }
  return { places, enter, inside, leave }
}

describe('Slots per upstream', () => {
  it('One account takes half of the slots, and its further requests get freed slots in order', async () => {
    const { enter, inside, leave } = queueing(4)
    await enter('a1', 'a2', 'a3', 'a4')
    expect(inside).toEqual(['a1', 'a2'])
    await leave('a2')
    expect(inside).toEqual(['a1', 'a2', 'a3'])
    await enter('a5')
    await leave('a1')
    await leave('a3')
    expect(inside).toEqual(['a1', 'a2', 'a3', 'a4', 'a5'])
  })

  it('A second account gets a slot although another one has many requests waiting', async () => {
    const { enter, inside } = queueing(4)
    await enter(...Array.from({ length: 100 }, (_, index) => `a${index}`), 'b1')
    expect(inside).toEqual(['a0', 'a1', 'b1'])
  })

  it('A freed slot goes to the account that holds the fewest', async () => {
    const { enter, inside, leave } = queueing(3)
    await enter('a1', 'b1', 'c1', 'a2', 'd1')
    expect(inside).toEqual(['a1', 'b1', 'c1'])
    await leave('b1')
    expect(inside).toEqual(['a1', 'b1', 'c1', 'd1'])
  })

  it('A slot that is released repeatedly is freed only once', async () => {
    const { enter, inside, leave } = queueing(1)
    await enter('a', 'b', 'c')
    await leave('a')
    await leave('a')
    expect(inside).toEqual(['a', 'b'])
  })

  it('All slots are free again after everything has been released', async () => {
    const { enter, inside, leave } = queueing(1)
    await enter('a')
    await leave('a')
    await enter('b')
    expect(inside).toEqual(['a', 'b'])
  })

  it('A request for a slot that is aborted stops waiting and takes no slot', async () => {
    const { places, enter, inside, leave } = queueing(1)
    await enter('a')
    const controller = new AbortController()
    const given = places.acquire(['b', 'b'], controller.signal)
    controller.abort(new Error('late'))
    await expect(given).rejects.toThrow('late')
    await expect(places.acquire(['b', 'b'], controller.signal)).rejects.toThrow('late')
    await enter('c')
    await leave('a')
    expect(inside).toEqual(['a', 'c'])
  })
})
