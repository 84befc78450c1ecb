import { describe, expect, it } from 'vitest'
import { isMoreJson } from '../../src/registry/images/json-bounds.js'

const atMost = { depth: 3, containers: 5, values: 4 }
const isMore = (text: string) => isMoreJson(Buffer.from(text), atMost)

describe('JSON is more than is read', () => {
  it.each([
    ['too deep', '[[[', '[[[['],
    ['too deep in objects', '{"a":{"a":{"a":1}}}', '{"a":{"a":{"a":{"a":1}}}}'],
    ['too many arrays and objects', '[[],[],{},{}]', '[[],[],[{},{}]]'],
    ['too many values', '[1,2,3,4,5]', '[1,2,3,4,5,6]'],
  ])('%s', (_, little, much) => {
    expect([isMore(little), isMore(much)]).toEqual([false, true])
  })

  it('but not by what stands in its strings', () => {
    const text = JSON.stringify({ [`[[[[{"\\`]: `,,,,,,"\\\\"[[[[[[[[[` })
    expect(isMore(text)).toBe(false)
    expect(isMore(`{"a":"\\\\",[[[`)).toBe(true)
    expect(isMore(`{"never closed: [[[[[[[[`)).toBe(false)
  })

  it('and a part of a buffer is looked at as that part', () => {
    expect(isMoreJson(Buffer.from('[[[[[[[]').subarray(6), atMost)).toBe(false)
  })
})
