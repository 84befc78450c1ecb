import { describe, expect, it } from 'vitest'
import { inputOf } from '../../src/smithy/model.js'
import { withoutNulls } from '../../src/smithy/without-nulls.js'

describe('withoutNulls', () => {
  it.each<[string, unknown, unknown]>([
    ['a member', { repositoryName: 'ab', tags: null }, { repositoryName: 'ab' }],
    ['a member of a member', { encryptionConfiguration: { kmsKey: null } }, { encryptionConfiguration: {} }],
    ['a member of a list item', { tags: [{ Key: null, Value: 'b' }] }, { tags: [{ Value: 'b' }] }],
    ['not an item of a list', { tags: [null] }, { tags: [null] }],
    ['not what the model does not know', { other: null }, { other: null }],
    [
      'not what is of another type',
      { tags: 'text', imageTagMutability: [null] },
      { tags: 'text', imageTagMutability: [null] },
    ],
  ])('leaves out %s', (_, given, read) => {
    expect(withoutNulls(inputOf('CreateRepository'), given)).toEqual(read)
  })

  it('bears any depth in what the model does not know', () => {
    const other: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))

    expect(withoutNulls(inputOf('CreateRepository'), { other })).toHaveProperty('other')
  })
})
