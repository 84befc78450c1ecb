import { describe, expect, it } from 'vitest'
import { AccountsError } from '../../src/access/accounts-error.js'
import { credentialsIn, credentialsSource } from '../../src/access/credentials.js'

describe('Credentials', () => {
  it('The credentials of a configured user carry its ARN and a user id that never changes', () => {
    const accounts = { '111122223333': { users: { dev: { accessKeys: { AKIAEXAMPLE: 'secret' } } } } }
    const { secretAccessKey, principal } = credentialsIn(accounts).get('AKIAEXAMPLE')!
    expect(secretAccessKey).toBe('secret')
    expect(principal).toMatchObject({ arn: 'arn:aws:iam::111122223333:user/dev', account: '111122223333' })
    expect(principal.userId).toMatch(/^AIDA[A-Z2-7]{17}$/)
    expect(credentialsIn(accounts).get('AKIAEXAMPLE')!.principal.userId).toBe(principal.userId)
  })

  const dev = { users: { dev: { accessKeys: { AKIAEXAMPLE: 'secret' } } } }

  it.each([
    ['nothing is configured', undefined],
    ['an account has secrets only', { '000000000000': { secrets: { s: { username: 'u', accessToken: 't' } } } }],
    ['users have no keys', { '111122223333': { users: { dev: { accessKeys: {} }, ops: {} } } }],
  ])('The credentials of the default account exist when %s', (_, accounts) => {
    expect(credentialsIn(accounts).get('test')?.principal).toEqual({
      arn: 'arn:aws:iam::000000000000:root',
      account: '000000000000',
      userId: '000000000000',
    })
  })

  it('The credentials of the default account do not exist when an access key is configured', () => {
    expect(credentialsIn({ '111122223333': dev }).get('test')).toBeUndefined()
  })

  it.each([
    ['is the root user of that account, with the secret of the default key', undefined, '111122223333', true],
    ['is unknown when an access key is configured', { '111122223333': dev }, '111122223333', false],
    ['is unknown when it is that of an account with configured keys', { '111122223333': dev }, '444455556666', false],
  ])('An access key id of twelve digits %s', (_, accounts, accessKeyId, isKnown) => {
    const root = { arn: `arn:aws:iam::${accessKeyId}:root`, account: accessKeyId, userId: accessKeyId }
    const expected = isKnown ? { secretAccessKey: 'test', principal: root } : undefined
    expect(credentialsSource(accounts)(accessKeyId)).toEqual(expected)
  })

  it.each(['11112222333', '1111222233334', '11112222333x', ' 111122223333', 'AKIAIOSFODNN7EXAMPLE'])(
    'An access key id like %j names no account',
    (accessKeyId) => {
      expect(credentialsSource(undefined)(accessKeyId)).toBeUndefined()
    },
  )

  it('An unknown access key id has no credentials', () => {
    expect(credentialsIn({ '111122223333': {} }).get('constructor')).toBeUndefined()
  })

  it('One user can have several access keys', () => {
    const keys = credentialsIn({ '111122223333': { users: { dev: { accessKeys: { AKIA1: 'a', AKIA2: 'b' } } } } })
    expect(keys.get('AKIA1')?.principal).toBe(keys.get('AKIA2')?.principal)
    expect(keys.get('AKIA2')?.secretAccessKey).toBe('b')
  })

  it.each([
    ['two users', '111122223333'],
    ['users of two accounts', '444455556666'],
  ])('One access key given to %s is refused with a message that contains neither id nor secret', (_, other) => {
    const dev = { users: { dev: { accessKeys: { HIDDENID: 'HIDDEN' } } } }
    const twin = { users: { ...(other === '111122223333' && dev.users), ci: { accessKeys: { HIDDENID: 'HIDDEN' } } } }
    const accounts = { '111122223333': dev, [other]: twin }
    let refusal: unknown
    try {
      credentialsIn(accounts)
    } catch (error) {
      refusal = error
    }
    expect(refusal).toBeInstanceOf(AccountsError)
    expect(refusal).toMatchObject({
      path: `/${other}/users/ci/accessKeys`,
      message:
        'must not hold an access key id that arn:aws:iam::111122223333:user/dev has already: a key belongs to one user',
    })
  })
})
