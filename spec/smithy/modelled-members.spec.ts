import { describe, expect, it } from 'vitest'
import { inputOf } from '../../src/smithy/model.js'
import { modelledMembers } from '../../src/smithy/modelled-members.js'

describe('modelledMembers', () => {
  it.each<[string, unknown, unknown]>([
    ['leaves out a member that is null', { repositoryName: 'ab', tags: null }, { repositoryName: 'ab' }],
    ['leaves out a null in a member', { encryptionConfiguration: { kmsKey: null } }, { encryptionConfiguration: {} }],
    ['leaves out a null in a list item', { tags: [{ Key: null, Value: 'b' }] }, { tags: [{ Value: 'b' }] }],
    ['keeps a null that is an item of a list', { tags: [null] }, { tags: [null] }],
    ['leaves out a member the model does not have', { other: 1, repositoryName: 'ab' }, { repositoryName: 'ab' }],
    [
      'leaves out unknown members in a member and in a list item',
      { encryptionConfiguration: { kmsKey: 'k', other: 1 }, tags: [{ Key: 'a', Value: 'b', Other: {} }] },
      { encryptionConfiguration: { kmsKey: 'k' }, tags: [{ Key: 'a', Value: 'b' }] },
    ],
    [
      'keeps a value of another type than in the model',
      { tags: 'text', imageTagMutability: [null] },
      { tags: 'text', imageTagMutability: [null] },
    ],
  ])('modelledMembers %s', (_, given, read) => {
    expect(modelledMembers(inputOf('CreateRepository'), given)).toEqual(read)
  })

  it('modelledMembers ignores an unknown member nested to any depth', () => {
    const other: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))

    expect(modelledMembers(inputOf('CreateRepository'), { other })).toEqual({})
  })
})
