import { describe, expect, it } from 'vitest'
import { requestLimits, type RequestPermit } from '../../../src/server/request-limits.js'

const rateExceeded = { code: 'ThrottlingException', message: 'Rate exceeded' }
const [alice, bob] = [
  { arn: 'arn:aws:iam::111122223333:user/alice', account: '111122223333' },
  { arn: 'arn:aws:iam::444455556666:user/bob', account: '444455556666' },
]

function admitting({ requestsAtOnce = 1000, requestsPerSecond = 0, connections = 8192 }) {
  const time = { ms: Date.parse('2026-01-02T03:04:05Z') }
  const limits = { requestsAtOnce, requestsPerSecond, connections }
  const { acquire: enter } = requestLimits(limits, { wall: () => new Date(time.ms) })
  const entered = (caller: typeof alice): RequestPermit | undefined => {
    const place = enter()
    place?.chargeTo(caller)
    return place
  }
  /** How many of `times` requests, each answered at once, are admitted before one is refused. */
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

/** The places that a caller gets and holds when it asks `times` times; a refused request leaves at once. */
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

describe('concurrency limit', () => {
  it('The concurrency limit admits as many requests as it allows, and another one when one ends', () => {
    const { enter } = admitting({ requestsAtOnce: 2 })
    const place = enter()
    expect(enter()).toBeDefined()
    expect(enter()).toBeUndefined()
    place?.release()
    expect(enter()).toBeDefined()
    expect(enter()).toBeUndefined()
  })

  it('The concurrency limit leaves places to a second account when one account takes all it can get', () => {
    const { enter } = admitting({ requestsAtOnce: 80 })
    const places: RequestPermit[] = []
    for (let round = 0; round < 10; round++) places.push(...entering(enter, alice, 20))
    expect(places.length).toBeLessThanOrEqual(70)
    expect(entering(enter, bob, 1)).toHaveLength(1)
    places.forEach((place) => place.release())
    expect(entering(enter, alice, 40)).toHaveLength(40)
  })

  it('The concurrency limit leaves places to a second caller of the same account', () => {
    const { enter } = admitting({ requestsAtOnce: 800 })
    entering(enter, alice, 800)
    expect(entering(enter, { ...alice, arn: 'arn:aws:iam::111122223333:user/carol' }, 1)).toHaveLength(1)
  })

  it('The concurrency limit counts requests by client address until their account is known', () => {
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

describe('request waiting for an upstream', () => {
  /** Requests of a caller that wait for an upstream, and their outcomes. */
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

  it('A request that waits for an upstream holds no place and takes one again when it continues', async () => {
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

  it('An account that waits on too many connections for upstreams is refused, and other accounts are not', async () => {
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

  it('A request of which several parts wait for an upstream counts as waiting once', async () => {
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

  it('A request that is answered while a part of it still waits gives its place back only once', async () => {
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

describe('request rate limit', () => {
  it('Requests are not counted when there is no rate limit', () => {
    expect(admitting({}).admitted('arn', 100_000)).toBe(100_000)
  })

  it('The rate limit allows a burst of requests and then a fixed number per second', () => {
    const { admitted, pass } = admitting({ requestsPerSecond: 5 })
    expect(admitted('arn', 100)).toBe(50)
    pass(1000)
    expect(admitted('arn', 100)).toBe(5)
    pass(600_000)
    expect(admitted('arn', 100)).toBe(50)
  })

  it('The rate limit counts the requests of each caller separately', () => {
    const { admitted } = admitting({ requestsPerSecond: 1 })
    expect(admitted('one', 100)).toBe(10)
    expect(admitted('other', 5)).toBe(5)
  })

  it('The rate limit admits a caller again after the clock of the machine was set back', () => {
    const { admitted, pass } = admitting({ requestsPerSecond: 1 })
    expect(admitted('arn', 100)).toBe(10)
    pass(-3_600_000)
    expect(admitted('arn', 1)).toBe(0)
    pass(2000)
    expect(admitted('arn', 10)).toBe(2)
  })
})
