import { describe, expect, it } from 'vitest'
import { credentialsIn } from '../../src/access/credentials.js'

describe('credentials', () => {
  it('of a configured user carry its ARN and a user id that never changes', () => {
    const accounts = { '111122223333': { users: { dev: { accessKeys: { AKIAEXAMPLE: 'secret' } } } } }
    const { secretAccessKey, principal } = credentialsIn(accounts)('AKIAEXAMPLE')!
    expect(secretAccessKey).toBe('secret')
    expect(principal).toMatchObject({ arn: 'arn:aws:iam::111122223333:user/dev', account: '111122223333' })
    expect(credentialsIn(accounts)('AKIAEXAMPLE')!.principal.userId).toBe(principal.userId)
  })

  it('of the default account are there only where no account is configured', () => {
    expect(credentialsIn(undefined)('test')?.principal.account).toBe('000000000000')
    expect(credentialsIn({})('test')).toBeUndefined()
  })

  it('of a key nobody has are none', () => {
    expect(credentialsIn({ '111122223333': {} })('constructor')).toBeUndefined()
  })
})
