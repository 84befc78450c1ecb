import { describe, expect, it } from 'vitest'
import { admission } from '../../../src/registry/limits/admission.js'

const rateExceeded = { code: 'ThrottlingException', message: 'Rate exceeded' }

function admitting({ requestsAtOnce = 1000, requestsPerSecond = 0 }) {
  const time = { ms: Date.parse('2026-01-02T03:04:05Z') }
  const { enter, admit } = admission({ requestsAtOnce, requestsPerSecond }, { wall: () => new Date(time.ms) })
  const admitted = (caller: string, times: number) => {
    for (let count = 0; count < times; count++) {
      try {
        admit(caller)
      } catch (error) {
        expect(error).toMatchObject(rateExceeded)
        return count
      }
    }
    return times
  }
  return { enter, admitted, wait: (ms: number) => void (time.ms += ms) }
}

describe('the requests worked on at a time', () => {
  it('are as many as the limit says, and one more when one is done', () => {
    const { enter } = admitting({ requestsAtOnce: 2 })
    const leave = enter()
    expect(enter()).toBeDefined()
    expect(enter()).toBeUndefined()
    leave?.()
    expect(enter()).toBeDefined()
    expect(enter()).toBeUndefined()
  })
})

describe("a caller's requests", () => {
  it('are not counted unless there is a limit', () => {
    expect(admitting({}).admitted('arn', 100_000)).toBe(100_000)
  })

  it('may come in a burst, and then as fast as the limit says', () => {
    const { admitted, wait } = admitting({ requestsPerSecond: 5 })
    expect(admitted('arn', 100)).toBe(50)
    wait(1000)
    expect(admitted('arn', 100)).toBe(5)
    wait(600_000)
    expect(admitted('arn', 100)).toBe(50)
  })

  it('take nothing from other callers', () => {
    const { admitted } = admitting({ requestsPerSecond: 1 })
    expect(admitted('one', 100)).toBe(10)
    expect(admitted('other', 5)).toBe(5)
  })

  it('are let in again although the machine set its clock back', () => {
    const { admitted, wait } = admitting({ requestsPerSecond: 1 })
    expect(admitted('arn', 100)).toBe(10)
    wait(-3_600_000)
    expect(admitted('arn', 1)).toBe(0)
    wait(2000)
    expect(admitted('arn', 10)).toBe(2)
  })
})
