import { expect, it } from 'vitest'
import { isSessionKey, issueSession, readSession, secretOfSession } from '../../src/access/session-credentials.js'
import { signClaims } from '../../src/access/signed-claims.js'
import { issueToken } from '../../src/access/token.js'

const secret = 'the secret of the installation'
const principal = {
  arn: 'arn:aws:sts::111122223333:assumed-role/ci/build',
  account: '111122223333',
  userId: 'AROAEXAMPLE:build',
  session: { roleArn: 'arn:aws:iam::111122223333:role/ci', policies: ['{}'], tags: { team: 'a' } },
}
const session = issueSession(principal, { expiresAt: 1000 }, 'unique', secret)
const read = (token: string, by = secret) => readSession(token, session.accessKeyId, by)

it('Session credentials have the form of AWS credentials', () => {
  expect(session.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/)
  expect(session.secretAccessKey).toMatch(/^[\w-]{40}$/)
  expect(isSessionKey(session.accessKeyId)).toBe(true)
})

it('Every session has its own access key', () => {
  const other = issueSession(principal, { expiresAt: 1000 }, 'another', secret)
  expect(other.accessKeyId).not.toBe(session.accessKeyId)
  expect(other.secretAccessKey).not.toBe(session.secretAccessKey)
})

it.each(['AKIAIOSFODNN7EXAMPLE', 'ASIA', 'ASIAIOSFODNN7EXAMPLES', 'asiaiosfodnn7example', 'test'])(
  'The access key id %s is not recognized as a temporary key',
  (accessKeyId) => expect(isSessionKey(accessKeyId)).toBe(false),
)

it('The secret of a session is derived from its access key id and the installation’s secret', () => {
  expect(secretOfSession(session.accessKeyId, secret)).toBe(session.secretAccessKey)
  expect(secretOfSession(session.accessKeyId, 'another')).not.toBe(session.secretAccessKey)
})

it('A session token reads back as the principal and the expiry of the session', () => {
  expect(read(session.sessionToken)).toEqual({ accessKeyId: session.accessKeyId, principal, expiresAt: 1000 })
})

it.each([
  ['the token of another key', issueSession(principal, { expiresAt: 1000 }, 'another', secret).sessionToken],
  ['a token of another installation', issueSession(principal, { expiresAt: 1000 }, 'unique', 'another').sessionToken],
  ['a docker password', issueToken({ principal, registry: { account: 'a', region: 'b' }, expiresAt: 1 }, secret)],
  ['a token cut short', session.sessionToken.slice(0, -1)],
  ['a token with an addition', `${session.sessionToken}.a`],
  ['an empty token', ''],
  ['claims without an end', signClaims('session', { accessKeyId: session.accessKeyId, principal }, secret)],
  [
    'claims without a principal',
    signClaims('session', { accessKeyId: session.accessKeyId, principal: {}, expiresAt: 1 }, secret),
  ],
  ['claims that are a list', signClaims('session', [session.accessKeyId], secret)],
])('The session credentials are refused with %s', (_, token) => {
  expect(read(token)).toBeUndefined()
})
