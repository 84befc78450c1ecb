import { describe, expect, it } from 'vitest'
import { isMoreJson } from '../../src/registry/images/json-bounds.js'

const atMost = { depth: 3, containers: 5, values: 4 }
const isMore = (text: string) => isMoreJson(Buffer.from(text), atMost)

describe('JSON bounds', () => {
  it.each([
    ['arrays nested too deeply', '[[[', '[[[['],
    ['objects nested too deeply', '{"a":{"a":{"a":1}}}', '{"a":{"a":{"a":{"a":1}}}}'],
    ['too many arrays and objects', '[[],[],{},{}]', '[[],[],[{},{}]]'],
    ['too many values', '[1,2,3,4,5]', '[1,2,3,4,5,6]'],
  ])('JSON with %s exceeds the bounds', (_, little, much) => {
    expect([isMore(little), isMore(much)]).toEqual([false, true])
  })

  it('Brackets and commas inside strings do not count towards the JSON bounds', () => {
    const text = JSON.stringify({ [`[[[[{"\\`]: `,,,,,,"\\\\"[[[[[[[[[` })
    expect(isMore(text)).toBe(false)
    expect(isMore(`{"a":"\\\\",[[[`)).toBe(true)
    expect(isMore(`{"never closed: [[[[[[[[`)).toBe(false)
  })

  it('The JSON bounds of a part of a buffer are checked on that part only', () => {
    expect(isMoreJson(Buffer.from('[[[[[[[]').subarray(6), atMost)).toBe(false)
  })
})
