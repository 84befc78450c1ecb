import { describe, expect, it } from 'vitest'
import { shape } from '../../src/smithy/model.js'
import { wholeText } from '../../src/smithy/pattern.js'

const scanningFilter = shape('com.amazonaws.ecr#ScanningRepositoryFilterValue').traits!['smithy.api#pattern']!

describe('wholeText', () => {
  it('wholeText anchors an alternation as a whole', () => {
    expect(wholeText('a|b').test('ab')).toBe(false)
  })

  it('wholeText matches the same words as the pattern of a scanning filter', () => {
    const letters = ['a', '*', '.', '/', '!']
    const words = ['']
    for (let length = 0; length < 5; length++)
      words.push(
        ...words.filter((word) => word.length === length).flatMap((word) => letters.map((letter) => word + letter)),
      )
    const original = new RegExp(scanningFilter)

    expect(words).toHaveLength(3906)
    expect(words.filter((word) => wholeText(scanningFilter).test(word) !== original.test(word))).toEqual([])
  })

  it('wholeText refuses a near miss of a scanning filter without backtracking for long', { timeout: 2000 }, () => {
    expect(wholeText(scanningFilter).test(`${'a'.repeat(24)}!`)).toBe(false)
  })
})
