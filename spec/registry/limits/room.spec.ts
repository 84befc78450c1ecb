import { describe, expect, it } from 'vitest'
import { memoryBudget, type Reservation } from '../../../src/server/memory-budget.js'

function sharing(atMost: number) {
  const room = memoryBudget(atMost)
  const givenUp: string[] = []
  const share = (name: string): Reservation => room.reserve(() => givenUp.push(name))
  return { share, givenUp }
}

describe('memory budget for request bodies', () => {
  it('The memory budget gives up the body that has been arriving for the longest time', () => {
    const { share, givenUp } = sharing(100)
    const [slow, next, fast] = [share('slow'), share('next'), share('fast')]
    slow.grow(40)
    next.grow(40)
    expect(givenUp).toEqual([])
    fast.grow(40)
    expect(givenUp).toEqual(['slow'])
    fast.grow(20)
    expect(givenUp).toEqual(['slow'])
    fast.grow(1)
    expect(givenUp).toEqual(['slow', 'next'])
  })

  it('The memory budget keeps complete bodies until they are released', () => {
    const { share, givenUp } = sharing(100)
    const [whole, late] = [share('whole'), share('late')]
    whole.grow(90)
    whole.complete()
    late.grow(20)
    expect(givenUp).toEqual(['late'])
    whole.release()
    share('another').grow(100)
    expect(givenUp).toEqual(['late'])
  })

  it('The memory budget returns the memory of a body once, however often it is released', () => {
    const { share, givenUp } = sharing(100)
    const first = share('first')
    first.grow(60)
    first.release()
    first.release()
    first.grow(1000)
    const second = share('second')
    second.grow(100)
    expect(givenUp).toEqual([])
    second.grow(1)
    expect(givenUp).toEqual(['second'])
  })
})
