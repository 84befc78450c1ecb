import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { slots } from '../../../src/adapters/http/slots.js'

/** Asks for places one after another, and notes who got one. */
const queueing = (limit: number) => {
  const slot = slots(limit)
  const inside: string[] = []
  const releases = new Map<string, () => void>()
  const enter = (name: string) =>
    void slot().then((release) => {
      inside.push(name)
      releases.set(name, release)
    })
  return { enter, inside, leave: (name: string) => releases.get(name)?.() }
}

describe('slots', () => {
  it('let in as many as there are, and the others in order', async () => {
    const { enter, inside, leave } = queueing(2)
    for (const name of ['a', 'b', 'c', 'd']) enter(name)
    await nextTurn()
    expect(inside).toEqual(['a', 'b'])
    leave('b')
    await nextTurn()
    expect(inside).toEqual(['a', 'b', 'c'])
    enter('e')
    await nextTurn()
    expect(inside).toEqual(['a', 'b', 'c'])
    leave('a')
    leave('c')
    await nextTurn()
    expect(inside).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('are given back once, however often they are released', async () => {
    const { enter, inside, leave } = queueing(1)
    for (const name of ['a', 'b', 'c']) enter(name)
    await nextTurn()
    leave('a')
    leave('a')
    await nextTurn()
    expect(inside).toEqual(['a', 'b'])
  })

  it('are free again when everyone left', async () => {
    const { enter, inside, leave } = queueing(1)
    enter('a')
    await nextTurn()
    leave('a')
    enter('b')
    await nextTurn()
    expect(inside).toEqual(['a', 'b'])
  })
})
