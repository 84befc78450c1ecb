import { describe, expect, it } from 'vitest'
import { concurrencyLimit, type RequestPermit } from '../../src/server/concurrency-limit.js'
import { rateLimit } from '../../src/server/rate-limit.js'

const rateExceeded = { code: 'ThrottlingException', message: 'Rate exceeded' }
const [alice, bob] = [
  { arn: 'arn:aws:iam::111122223333:user/alice', account: '111122223333' },
  { arn: 'arn:aws:iam::444455556666:user/bob', account: '444455556666' },
]

function admitting({ requestsAtOnce = 1000, requestsPerSecond = 0, connections = 8192 }) {
  const time = { ms: Date.parse('2026-01-02T03:04:05Z') }
  const limits = { requestsAtOnce, requestsPerSecond, connections }
  const { acquire: enter } = concurrencyLimit(limits, rateLimit(requestsPerSecond, { wall: () => new Date(time.ms) }))
  const entered = (caller: typeof alice): RequestPermit | undefined => {
    const place = enter()
    place?.chargeTo(caller)
    return place
  }
  /** How many of so many requests, answered at once, are let in before one is refused. */
  const admitted = (arn: string, times: number) => {
    for (let count = 0; count < times; count++) {
      const place = enter()
      try {
        place?.chargeTo({ ...alice, arn })
      } catch (error) {
        expect(error).toMatchObject(rateExceeded)
        return count
      } finally {
        place?.release()
      }
    }
    return times
  }
  return { enter, entered, admitted, pass: (ms: number) => void (time.ms += ms) }
}

/** The places a caller gets of those it asks for, all of them kept; a refused request is answered and leaves. */
function entering(enter: () => RequestPermit | undefined, caller: typeof alice, times: number): RequestPermit[] {
  return Array.from({ length: times }, enter).flatMap((place) => {
    try {
      place?.chargeTo(caller)
      return place ?? []
    } catch (error) {
      expect(error).toMatchObject(rateExceeded)
      place?.release()
      return []
    }
  })
}

describe('the requests worked on at a time', () => {
  it('are as many as the limit says, and one more when one is done', () => {
    const { enter } = admitting({ requestsAtOnce: 2 })
    const place = enter()
    expect(enter()).toBeDefined()
    expect(enter()).toBeUndefined()
    place?.release()
    expect(enter()).toBeDefined()
    expect(enter()).toBeUndefined()
  })

  it('of one account leave places to another, which gives none of them back', () => {
    const { enter } = admitting({ requestsAtOnce: 80 })
    const places: RequestPermit[] = []
    for (let round = 0; round < 10; round++) places.push(...entering(enter, alice, 20))
    expect(places.length).toBeLessThanOrEqual(70)
    expect(entering(enter, bob, 1)).toHaveLength(1)
    places.forEach((place) => place.release())
    expect(entering(enter, alice, 40)).toHaveLength(40)
  })

  it('of one caller leave places to another of its account', () => {
    const { enter } = admitting({ requestsAtOnce: 800 })
    entering(enter, alice, 800)
    expect(entering(enter, { ...alice, arn: 'arn:aws:iam::111122223333:user/carol' }, 1)).toHaveLength(1)
  })

  it('are counted for the address they come from until it is known whose they are', () => {
    const { enter } = admitting({ requestsAtOnce: 80 })
    const places = Array.from({ length: 80 }, () => {
      const place = enter()
      try {
        place?.chargeToAccount('192.0.2.1')
      } catch {
        place?.release()
      }
      return place
    })
    expect(entering(enter, bob, 1)).toHaveLength(1)
    places[0]?.chargeToAccount(alice.account)
    places[0]?.release()
    expect(entering(enter, alice, 1)).toHaveLength(1)
  })
})

describe('a request that waits for an upstream', () => {
  /** So many of a caller's requests that wait, and how they end. */
  function waiting(enter: () => RequestPermit | undefined, caller: typeof alice, times: number) {
    let answer = () => {}
    const answered = new Promise<void>((resolve) => (answer = resolve))
    const requests = Array.from({ length: times }, async () => {
      const place = enter()
      try {
        place?.chargeTo(caller)
        await place?.wait(() => answered)
        return 'answered'
      } catch (error) {
        expect(error).toMatchObject(rateExceeded)
        return 'refused'
      } finally {
        place?.release()
      }
    })
    return { answer, outcomes: Promise.all(requests) }
  }

  it('takes no place, and has one again when it goes on', async () => {
    const { enter, entered } = admitting({ requestsAtOnce: 2 })
    const { answer, outcomes } = waiting(enter, alice, 50)
    const place = entered(bob)
    expect(place).toBeDefined()
    answer()
    expect(new Set(await outcomes)).toEqual(new Set(['answered']))
    place?.release()
    expect(enter()).toBeDefined()
    expect(enter()).toBeDefined()
    expect(enter()).toBeUndefined()
  })

  it('is refused where its account has its share of half the connections, and no other account’s is', async () => {
    const { enter } = admitting({ connections: 160 })
    const greedy = waiting(enter, alice, 1000)
    const other = waiting(enter, bob, 1)
    greedy.answer()
    other.answer()
    const outcomes = await greedy.outcomes
    expect(outcomes.filter((outcome) => outcome === 'answered').length).toBeLessThanOrEqual(70)
    expect(outcomes).toContain('refused')
    expect(await other.outcomes).toEqual(['answered'])
  })

  it('waits once, however many parts of it do', async () => {
    const { enter, entered } = admitting({ requestsAtOnce: 1 })
    const place = entered(alice)
    let answer = () => {}
    const answered = new Promise<void>((resolve) => (answer = resolve))
    const parts = Promise.all([place?.wait(() => answered), place?.wait(async () => place.wait(() => answered))])
    const second = entered(bob)
    expect(second).toBeDefined()
    second?.release()
    answer()
    await parts
    expect(enter()).toBeUndefined()
    place?.release()
    expect(enter()).toBeDefined()
  })

  it('gives nothing back twice where it is answered while a part of it still waits', async () => {
    const { enter, entered } = admitting({ requestsAtOnce: 1 })
    const place = entered(alice)
    let answer = () => {}
    const part = place?.wait(() => new Promise<void>((resolve) => (answer = resolve)))
    place?.release()
    answer()
    await part
    expect(enter()).toBeDefined()
    expect(enter()).toBeUndefined()
  })
})

describe("a caller's requests", () => {
  it('are not counted unless there is a limit', () => {
    expect(admitting({}).admitted('arn', 100_000)).toBe(100_000)
  })

  it('may come in a burst, and then as fast as the limit says', () => {
    const { admitted, pass } = admitting({ requestsPerSecond: 5 })
    expect(admitted('arn', 100)).toBe(50)
    pass(1000)
    expect(admitted('arn', 100)).toBe(5)
    pass(600_000)
    expect(admitted('arn', 100)).toBe(50)
  })

  it('take nothing from other callers', () => {
    const { admitted } = admitting({ requestsPerSecond: 1 })
    expect(admitted('one', 100)).toBe(10)
    expect(admitted('other', 5)).toBe(5)
  })

  it('are let in again although the machine set its clock back', () => {
    const { admitted, pass } = admitting({ requestsPerSecond: 1 })
    expect(admitted('arn', 100)).toBe(10)
    pass(-3_600_000)
    expect(admitted('arn', 1)).toBe(0)
    pass(2000)
    expect(admitted('arn', 10)).toBe(2)
  })
})
