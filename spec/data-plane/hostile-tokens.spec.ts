import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { signText } from '../../src/access/signed-text.js'
import { type Grant, issueToken, TOKEN_LIFETIME_MS } from '../../src/access/token.js'
import {
  allowing,
  type Answer,
  basic,
  errorIn,
  registry,
  type RunningRegistry,
  startedAt,
  startRegistry,
  userOf,
} from '../support/registry.js'

const secret = 'a secret both planes hold'
const expiresAt = startedAt.getTime() + TOKEN_LIFETIME_MS
const ofDeveloper: Grant = { principal: userOf('developer'), registry, expiresAt }
const ofReader: Grant = { principal: userOf('reader'), registry, expiresAt }
const genuine = issueToken(ofReader, secret)
const [claims = '', signature = ''] = genuine.split('.')
const claimsOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Claims signed with the installation's own secret, as another version of the emulator might have written them. */
const signed = (text: string, purpose = 'token') => `${text}.${signText(purpose, text, secret)}`
const signedClaims = (value: unknown) => signed(claimsOf(value))
const principal = ofReader.principal

const forged: Record<string, string> = {
  'nothing at all': '',
  'a dot': '.',
  'claims alone': claims,
  'claims and a dot': `${claims}.`,
  'a signature alone': `.${signature}`,
  'a signature cut by one': genuine.slice(0, -1),
  'a signature with one more': `${genuine}A`,
  'a signature with padding': `${genuine}=`,
  'a signature in other base64': `${claims}.${Buffer.from(signature, 'base64url').toString('base64')}`,
  'a signature in hex': `${claims}.${Buffer.from(signature, 'base64url').toString('hex')}`,
  'a signature of zeros': `${claims}.${'A'.repeat(43)}`,
  'a signature with its last bit turned': genuine.slice(0, -1) + (genuine.endsWith('A') ? 'B' : 'A'),
  'a third part': `${genuine}.more`,
  'claims cut by one': `${claims.slice(1)}.${signature}`,
  'the claims of another user under this signature': `${claimsOf(ofDeveloper)}.${signature}`,
  'the claims of another registry under this signature': `${claimsOf({ ...ofReader, registry: { account: '999999999999', region: 'us-east-1' } })}.${signature}`,
  'a later end under this signature': `${claimsOf({ ...ofReader, expiresAt: 9e15 })}.${signature}`,
  'claims in other order under this signature': `${claimsOf({ expiresAt, registry, principal })}.${signature}`,
  'claims signed with another secret': issueToken(ofReader, 'another secret'),
  'claims signed with no secret': issueToken(ofReader, ''),
  'claims signed for a layer URL': signed(claims, 'layer'),
  'claims signed for an import': signed(claims, 'import'),
  'claims signed as a session': signed(claims, 'session'),
  'claims signed for a purpose that begins alike': signed(claims, 'token '),
  'two tokens in one': `${genuine}${genuine}`,
  'a JSON Web Token without algorithm': `${claimsOf({ alg: 'none' })}.${claims}.`,
  'plain JSON': JSON.stringify(ofReader),
  'a NUL in front': `\0${genuine}`,
  'a line break behind': `${genuine}\n`,
  'blanks around': ` ${genuine} `,
  'upper case': genuine.toUpperCase(),
  'signed claims that are no JSON': signed('e30x'),
  'signed claims that are empty': signed(''),
  'signed null': signedClaims(null),
  'a signed array': signedClaims([ofReader]),
  'a signed text': signedClaims('reader'),
  'signed claims without a principal': signedClaims({ registry, expiresAt }),
  'signed claims without a registry': signedClaims({ principal, expiresAt }),
  'signed claims without an end': signedClaims({ principal, registry }),
  'an end that is a text': signedClaims({ ...ofReader, expiresAt: String(expiresAt) }),
  'an end that is null': signedClaims({ ...ofReader, expiresAt: null }),
  'an account that is a number': signedClaims({ ...ofReader, principal: { ...principal, account: 123456789012 } }),
  'an account of eleven digits': signedClaims({ ...ofReader, registry: { ...registry, account: '12345678901' } }),
  'an account that is a path': signedClaims({ ...ofReader, registry: { ...registry, account: '../../../etc' } }),
  'a session that is a text': signedClaims({ ...ofReader, principal: { ...principal, session: 'all' } }),
  'session policies that are objects': signedClaims({
    ...ofReader,
    principal: { ...principal, session: { policies: [{}] } },
  }),
  'a user that is not configured': signedClaims({ ...ofReader, principal: userOf('nobody') }),
  'the user of another account': signedClaims({ ...ofReader, principal: userOf('reader', '999999999999') }),
  'an ARN of Object.prototype': signedClaims({ ...ofReader, principal: { ...principal, arn: '__proto__' } }),
}

const encoded = (text: string) => Buffer.from(text).toString('base64')
const headers: Record<string, string> = {
  'no credentials': '',
  'another user name': basic(genuine, 'root'),
  'the user name in lower case': basic(genuine, 'aws'),
  'the name of the IAM user': basic(genuine, 'reader'),
  'no user name': `Basic ${encoded(`:${genuine}`)}`,
  'the token as user name': `Basic ${encoded(`${genuine}:AWS`)}`,
  'the token without a user name': `Basic ${encoded(genuine)}`,
  'Bearer instead of Basic': `Bearer ${genuine}`,
  'Bearer with what Basic wants': basic(genuine).replace('Basic', 'Bearer'),
  'no scheme': encoded(`AWS:${genuine}`),
  Digest: `Digest username="AWS", realm="https://${'x'.repeat(10)}/", response="${genuine}"`,
  'a Signature Version 4':
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/ecr/aws4_request, SignedHeaders=host, Signature=00',
  'Basic twice': `${basic(genuine)}, ${basic(genuine)}`,
  'Basic and something behind': `${basic(genuine)} x`,
  'Basic without a blank': basic(genuine).replace(' ', ''),
  'twelve kilobytes of credentials': basic('A'.repeat(9000)),
}

describe('forged and malformed tokens', () => {
  let running: RunningRegistry
  beforeAll(async () => {
    const users = { developer: { policies: [allowing('ecr:*')] }, reader: { policies: [allowing('ecr:*')] } }
    running = await startRegistry({ accounts: { [registry.account]: { users } } })
    await running.createRepository('app')
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const ask = (authorization: string, host?: string) =>
    running.send('GET', '/v2/app/tags/list', { headers: { authorization, ...(host && { host }) } })
  const isChallenged = (answer: Answer) => {
    expect(answer.status).toBe(401)
    expect(answer.body.toString()).toBe('Not Authorized\n')
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="https:\/\/.*\/",service="ecr.amazonaws.com"$/)
    expect(answer.headers['x-amzn-requestid']).toBeTruthy()
  }

  it('A genuine token is accepted', async () => {
    expect((await ask(basic(genuine))).status).toBe(200)
  })

  it.each(Object.entries(forged))('An invalid token is challenged with 401: %s', async (_, token) => {
    const error = vi.spyOn(running.deps.log, 'error')
    isChallenged(await ask(basic(token)))
    expect(error).not.toHaveBeenCalled()
    error.mockRestore()
  })

  it.each(Object.entries(headers))('Invalid credentials are challenged with 401: %s', async (_, authorization) => {
    isChallenged(await ask(authorization))
  })

  it('A token is challenged at the endpoint of another Region even right after it was accepted', async () => {
    expect((await ask(basic(genuine), '123456789012.dkr.ecr.us-east-1.localhost')).status).toBe(200)
    isChallenged(await ask(basic(genuine), '123456789012.dkr.ecr.us-west-2.localhost'))
  })

  it.each(['123456789012.DKR.ECR.US-WEST-2.LOCALHOST', '123456789012.dkr.Ecr.us-west-2.localhost.:4510'])(
    'A token is challenged at the endpoint of another Region however the host is written: %s',
    async (host) => {
      isChallenged(await ask(basic(genuine), host))
      expect((await ask(basic(genuine), host.replace(/us-west-2/i, 'US-EAST-1'))).status).toBe(200)
    },
  )

  it('A token is denied at the registry of another account however the host is written', async () => {
    for (const host of ['999999999999.dkr.ecr.us-east-1.localhost', '999999999999.DKR.ECR.US-EAST-1.LOCALHOST.']) {
      const answer = await ask(basic(genuine), host)
      expect(answer.status).toBe(403)
      expect(errorIn(answer).message).toContain('arn:aws:ecr:us-east-1:999999999999:repository/app')
    }
  })

  it('An expired token is DENIED with the message that makes clients log in again', async () => {
    const answer = await ask(basic(issueToken({ ...ofReader, expiresAt: startedAt.getTime() - 1 }, secret)))
    expect(answer.status).toBe(403)
    expect(errorIn(answer).message).toBe('Your authorization token has expired. Reauthenticate and try again.')
  })

  it('An expired token with a forged signature gets the same challenge as any forged token', async () => {
    isChallenged(await ask(basic(issueToken({ ...ofReader, expiresAt: 1 }, 'another secret'))))
  })

  it('Headers that are too large are refused with 431 and the server keeps running', async () => {
    const { status } = await ask(basic('A'.repeat(40_000)))
    expect(status).toBe(431)
    expect((await ask(basic(genuine))).status).toBe(200)
  })

  it('The reason why a forged token was refused can be looked up by its request id', async () => {
    const { headers: answered } = await ask(basic('forged'))
    expect(running.deps.decisions.find(String(answered['x-amzn-requestid']))?.end).toEqual({
      ...{ at: startedAt.getTime(), plane: 'data', operation: 'GET /v2/app/tags/list' },
      refusal: { code: 'UNAUTHORIZED', message: 'Not Authorized' },
      hint: expect.stringContaining('The password is not a token of this installation'),
    })
  })
})
