import { describe, expect, it } from 'vitest'
import { memoryBudget, type Reservation } from '../../src/server/memory-budget.js'

function sharing(atMost: number) {
  const room = memoryBudget(atMost)
  const givenUp: string[] = []
  const share = (name: string): Reservation => room.reserve(() => givenUp.push(name))
  return { share, givenUp }
}

describe('the room for bodies', () => {
  it('is made by the body that has been on its way for longest', () => {
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

  it('is kept by bodies that are here whole, until they are let go of', () => {
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

  it('is given back once, however often a body is let go of', () => {
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
