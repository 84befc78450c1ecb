import { describe, expect, it } from 'vitest'
import { byteRange } from '../../src/data-plane/byte-range.js'

const SIZE = 1000

describe('Range header', () => {
  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=0-999', { start: 0, end: 999 }],
    ['bytes=0-5000', { start: 0, end: 999 }],
    ['bytes=500-', { start: 500, end: 999 }],
    ['bytes=-1', { start: 999, end: 999 }],
    ['bytes=-5000', { start: 0, end: 999 }],
  ])('The Range %s of a blob of 1000 bytes means the bytes %j', (header, expected) => {
    expect(byteRange(header, SIZE)).toEqual(expected)
  })

  it.each([undefined, 'bytes=-', 'bytes=5-4', 'bytes=0-1,3-4', 'items=0-1', 'bytes=a-b'])(
    'The Range header %s is ignored',
    (header) => {
      expect(byteRange(header, SIZE)).toBeUndefined()
    },
  )

  it.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0'])('The Range %s of 1000 bytes is refused: 416', (header) => {
    expect(() => byteRange(header, SIZE)).toThrow(
      expect.objectContaining({ status: 416, headers: { 'content-range': 'bytes */1000' } }),
    )
  })
})
