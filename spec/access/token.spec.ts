import { describe, expect, it } from 'vitest'
import { clockAdvanceClaim } from '../../src/access/clock-advance.js'
import { signText } from '../../src/access/signed-text.js'
import { isCurrent, issueToken, openToken } from '../../src/access/token.js'

const principal = { arn: 'arn:aws:iam::123456789012:user/dev', account: '123456789012', userId: 'AIDAEXAMPLE' }
const grant = { principal, registry: { account: '123456789012', region: 'eu-west-1' }, expiresAt: 1000 }

describe('An authorization token', () => {
  it('An authorization token reads back as the grant it was issued for', () => {
    expect(openToken(issueToken(grant, 's'), 's')).toEqual(grant)
  })

  it('An authorization token is current until it expires', () => {
    expect(isCurrent(grant, new Date(999), new Date(999))).toBe(true)
    expect(isCurrent(grant, new Date(1000), new Date(1000))).toBe(false)
  })

  it('An authorization token ends when the advanced clock it was issued under is reset', () => {
    const [day, wall] = [24 * 60 * 60 * 1000, new Date(1_000_000)]
    const advanced = new Date(wall.getTime() + day)
    const issued = { ...grant, expiresAt: advanced.getTime() + day / 2, ...clockAdvanceClaim(advanced, wall) }
    expect(isCurrent(issued, advanced, wall)).toBe(true)
    expect(isCurrent(issued, wall, wall)).toBe(false)
    expect(isCurrent(issued, advanced, advanced)).toBe(false)
    expect(isCurrent(openToken(issueToken(issued, 's'), 's')!, wall, wall)).toBe(false)
  })

  it('An authorization token carries the whole session of its principal', () => {
    const session = {
      roleArn: 'arn:aws:iam::123456789012:role/ci',
      policies: ['{}'],
      tags: { team: 'a' },
      transitiveTagKeys: ['team'],
    }
    const ofSession = { ...grant, principal: { ...principal, session } }
    expect(openToken(issueToken(ofSession, 's'), 's')).toEqual(ofSession)
  })

  it.each([
    ['signed with another secret', issueToken(grant, 'other')],
    ['with its claims changed', issueToken(grant, 's').replace(/^./, 'f')],
    ['with its signature cut off', issueToken(grant, 's').split('.')[0]],
    ['that is garbage', 'x.y'],
    ['that is empty', ''],
    ['with a third part', `${issueToken(grant, 's')}.x`],
    ['signed for another purpose', `e30.${signText('layer', 'e30', 's')}`],
    ['whose claims are not JSON', `e30x.${signText('token', 'e30x', 's')}`],
    ['whose claims have another shape', `e30.${signText('token', 'e30', 's')}`],
  ])('A token %s is refused', (_, token) => {
    expect(openToken(token ?? '', 's')).toBeUndefined()
  })
})
