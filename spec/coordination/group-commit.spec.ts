import { describe, expect, it } from 'vitest'
import { groupCommit } from '../../src/coordination/group-commit.js'

/** Work whose groups are recorded and which ends when the spec says so. */
function recordedWork() {
  const groups: number[][] = []
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const work = async (items: readonly number[]) => {
    groups.push([...items])
    await new Promise<void>((resolve, reject) => ends.push({ resolve, reject }))
    return items.map((item) => item * 10)
  }
  const next = async () => {
    await expect.poll(() => ends.length).toBeGreaterThan(0)
    return ends.shift()!
  }
  return { groups, work, next }
}

describe('A group commit', () => {
  it('Items of one turn, and items that arrive during a run, are worked on together, each with its own outcome', async () => {
    const { groups, work, next } = recordedWork()
    const commit = groupCommit(work, 10)
    const first = [1, 2].map(commit)
    const { resolve } = await next()
    const later = [3, 4].map(commit)
    resolve()
    ;(await next()).resolve()
    expect(await Promise.all([...first, ...later])).toEqual([10, 20, 30, 40])
    expect(groups).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('A group holds at most the stated number of items', async () => {
    const { groups, work, next } = recordedWork()
    const commit = groupCommit(work, 2)
    const outcomes = [1, 2, 3, 4, 5].map(commit)
    for (let run = 0; run < 3; run++) (await next()).resolve()
    expect(await Promise.all(outcomes)).toEqual([10, 20, 30, 40, 50])
    expect(groups).toEqual([[1, 2], [3, 4], [5]])
  })

  it('A failure reaches all items of its group and none of the next', async () => {
    const { work, next } = recordedWork()
    const commit = groupCommit(work, 2)
    const outcomes = Promise.allSettled([1, 2, 3].map(commit))
    ;(await next()).reject(new Error('the disk is full'))
    ;(await next()).resolve()
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
    const later = commit(4)
    ;(await next()).resolve()
    expect(await later).toBe(40)
  })
})
