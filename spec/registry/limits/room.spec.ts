import { describe, expect, it } from 'vitest'
import { roomOf, type Share } from '../../../src/server/memory-budget.js'

function sharing(atMost: number) {
  const room = roomOf(atMost)
  const givenUp: string[] = []
  const share = (name: string): Share => room.share(() => givenUp.push(name))
  return { share, givenUp }
}

describe('the room for bodies', () => {
  it('is made by the body that has been on its way for longest', () => {
    const { share, givenUp } = sharing(100)
    const [slow, next, fast] = [share('slow'), share('next'), share('fast')]
    slow.more(40)
    next.more(40)
    expect(givenUp).toEqual([])
    fast.more(40)
    expect(givenUp).toEqual(['slow'])
    fast.more(20)
    expect(givenUp).toEqual(['slow'])
    fast.more(1)
    expect(givenUp).toEqual(['slow', 'next'])
  })

  it('is kept by bodies that are here whole, until they are let go of', () => {
    const { share, givenUp } = sharing(100)
    const [whole, late] = [share('whole'), share('late')]
    whole.more(90)
    whole.whole()
    late.more(20)
    expect(givenUp).toEqual(['late'])
    whole.done()
    share('another').more(100)
    expect(givenUp).toEqual(['late'])
  })

  it('is given back once, however often a body is let go of', () => {
    const { share, givenUp } = sharing(100)
    const first = share('first')
    first.more(60)
    first.done()
    first.done()
    first.more(1000)
    const second = share('second')
    second.more(100)
    expect(givenUp).toEqual([])
    second.more(1)
    expect(givenUp).toEqual(['second'])
  })
})
