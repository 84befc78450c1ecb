import { describe, expect, it } from 'vitest'
import { type Owner, fairShares } from '../../src/coordination/fair-shares.js'

/** Takes one place for each owner in turn until none of them may take another. */
function takingAll(limit: number, ratio: number, owners: Owner[]) {
  const places = fairShares(limit, ratio)
  for (let taken = -1, before = -2; taken !== before;) {
    before = taken
    for (const owner of owners) if (places.mayAcquire(owner)) places.acquire(owner)
    taken = owners.reduce((sum, owner) => sum + places.heldBy(owner), 0)
  }
  return { places, held: owners.map((owner) => places.heldBy(owner)) }
}

describe('places per account', () => {
  it.each([
    [16, 1, 1, 8],
    [15, 1, 2, 5],
    [16, 1, 3, 4],
    [1024, 7, 1, 896],
    [960, 7, 2, 448],
  ])('Of %i places at ratio %i, %i greedy accounts leave some and get %i each', (limit, ratio, accounts, each) => {
    const owners = Array.from({ length: accounts }, (_, index) => [`account ${index}`])
    const { places, held } = takingAll(limit, ratio, owners)
    expect(held).toEqual(owners.map(() => each))
    expect(places.mayAcquire(['somebody who has none'])).toBe(true)
  })

  it('A greedy caller leaves places of its account to the other callers of that account', () => {
    const { places, held } = takingAll(16, 1, [['account', 'greedy']])
    expect(held).toEqual([6])
    expect(places.mayAcquire(['account', 'other'])).toBe(true)
    places.acquire(['account', 'other'])
    expect(places.heldBy(['account'])).toBe(7)
  })

  it('A single place goes to any caller that takes it first', () => {
    const places = fairShares(1, 7)
    expect(places.mayAcquire(['account', 'caller'])).toBe(true)
    places.acquire(['account', 'caller'])
    expect(places.mayAcquire(['other'])).toBe(false)
    expect(places.isFull()).toBe(true)
    places.release(['account', 'caller'])
    expect(places.mayAcquire(['other'])).toBe(true)
    expect(places.heldBy(['account'])).toBe(0)
  })
})
