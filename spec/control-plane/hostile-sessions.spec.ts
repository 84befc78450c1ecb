import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeOf } from '../../src/store/store.js'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import { settings, startEmulator } from '../support/emulator.js'
import { developerCall, rawAnswers, requestBytes } from '../support/raw-http.js'
import { now, type Wanted, withAuthorization, withHeader } from '../sigv4/signing.js'

interface Session {
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
}

const invalidToken = {
  __type: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid',
}
const expiredToken = {
  __type: 'ExpiredTokenException',
  message: 'The security token included in the request is expired',
}
const wrongSignature = {
  __type: 'InvalidSignatureException',
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
}
const unsignedToken = {
  __type: 'InvalidSignatureException',
  message: "'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.",
}

let written = 0
let advancedSeconds = 0
let emulator: Awaited<ReturnType<typeof startEmulator>>
let foreignEmulator: Awaited<ReturnType<typeof startEmulator>>
let mine: Session
let another: Session
let foreign: Session
let password = ''

/** Signatures are checked against a time that stands still, sessions against the clock of the emulator. */
const clock = {
  now: async () => new Date(now.getTime() + advancedSeconds * 1000),
  wall: () => now,
  advance: async () => now,
}

beforeAll(async () => {
  const keyValue = memoryKeyValue()
  const commit: typeof keyValue.commit = (registry, expectations, writes) => {
    written += writes.length
    return keyValue.commit(registry, expectations, writes)
  }
  emulator = await startEmulator({ clock, store: storeOf({ ...keyValue, commit }) })
  const secret = 'the secret of another installation'
  foreignEmulator = await startEmulator({ clock, secret, settings: { ...settings, secret } })
  mine = await sessionAt(emulator.endpoint)
  another = await sessionAt(emulator.endpoint)
  foreign = await sessionAt(foreignEmulator.endpoint)
  const answer = await sent<{ authorizationData: { authorizationToken: string }[] }>(
    developerCall('GetAuthorizationToken'),
  )
  const login = Buffer.from(answer.authorizationData[0]?.authorizationToken ?? '', 'base64').toString()
  password = login.replace('AWS:', '')
})
afterAll(async () => {
  await emulator[Symbol.asyncDispose]()
  await foreignEmulator[Symbol.asyncDispose]()
})

async function sent<Body>(request: SignedRequest, endpoint = emulator.endpoint): Promise<Body> {
  const [answer] = await rawAnswers(endpoint, requestBytes(request))
  return JSON.parse(answer?.body ?? '') as Body
}

async function sessionAt(endpoint: string): Promise<Session> {
  const headers = { 'X-Amz-Target': 'AWSSecurityTokenServiceV20110615.GetSessionToken' }
  const call = developerCall('', { service: 'sts', body: '{"DurationSeconds":900}', headers })
  return (await sent<{ Credentials: Session }>(call, endpoint)).Credentials
}

/** A CreateRepository call that is signed with the key of one session and sent with any token. */
function create({ AccessKeyId, SecretAccessKey }: Omit<Session, 'SessionToken'>, token?: string, wanted: Wanted = {}) {
  const headers: Record<string, string> = token === undefined ? {} : { 'X-Amz-Security-Token': token }
  return developerCall('CreateRepository', {
    ...{ keyId: AccessKeyId, secret: SecretAccessKey, headers, body: '{"repositoryName":"stolen"}' },
    ...wanted,
  })
}

const presigned = (session: Session, token: string) =>
  create(session, undefined, { signQuery: true, path: `/?X-Amz-Security-Token=${encodeURIComponent(token)}` })
const developer = { AccessKeyId: 'AKIDEXAMPLE', SecretAccessKey: 'secret' }
const payloadOf = (token: string) => token.split('.')[0] ?? ''
const signatureOf = (token: string) => token.split('.')[1] ?? ''
const changed = (token: string) => {
  const claims = Buffer.from(payloadOf(token), 'base64url').toString().replaceAll('developer', 'administrator')
  return `${Buffer.from(claims).toString('base64url')}.${signatureOf(token)}`
}

const withSecretOf = ({ SecretAccessKey }: Omit<Session, 'SessionToken'>): Session => ({ ...mine, SecretAccessKey })
const madeUp = (): Session => ({ ...mine, AccessKeyId: 'ASIAIOSFODNN7EXAMPLE' })
const resigned = () => `${payloadOf(mine.SessionToken)}.${signatureOf(another.SessionToken)}`
const exchanged = () => withHeader(create(mine, mine.SessionToken), 'x-amz-security-token', another.SessionToken)
const unsigned = () =>
  withAuthorization(create(mine, mine.SessionToken), (text) => text.replace('x-amz-security-token;', ''))

const presignedExchanged = () => {
  const request = presigned(mine, mine.SessionToken)
  const [from, to] = [encodeURIComponent(mine.SessionToken), encodeURIComponent(another.SessionToken)]
  return { ...request, path: request.path.replace(from, to) }
}

test.each<[string, () => SignedRequest, object]>([
  ['the token of another session', () => create(mine, another.SessionToken), invalidToken],
  ['a presigned call with the token of another session', () => presigned(mine, another.SessionToken), invalidToken],
  ['no token', () => create(mine), invalidToken],
  ['an empty token', () => create(mine, ''), invalidToken],
  ['a token with a key that needs none', () => create(developer, mine.SessionToken), invalidToken],
  ['any text with a key that needs no token', () => create(developer, 'token'), invalidToken],
  ['a token that names another user', () => create(mine, changed(mine.SessionToken)), invalidToken],
  ['a token cut short', () => create(mine, mine.SessionToken.slice(0, -1)), invalidToken],
  ['a token without its signature', () => create(mine, payloadOf(mine.SessionToken)), invalidToken],
  ['a token with a suffix', () => create(mine, `${mine.SessionToken}.a`), invalidToken],
  ['claims with the signature of other claims', () => create(mine, resigned()), invalidToken],
  ['the token of another installation', () => create(mine, foreign.SessionToken), invalidToken],
  ['a password of docker login', () => create(mine, password), invalidToken],
  ['a token sent twice', () => create(mine, `${mine.SessionToken}, ${mine.SessionToken}`), invalidToken],
  ['a session of another installation', () => create(foreign, foreign.SessionToken), wrongSignature],
  ['an invented access key id', () => create(madeUp(), mine.SessionToken), wrongSignature],
  ['the secret of another session', () => create(withSecretOf(another), mine.SessionToken), wrongSignature],
  ['the secret of the user', () => create(withSecretOf(developer), mine.SessionToken), wrongSignature],
  ['a token replaced in transit', exchanged, wrongSignature],
  ['a presigned call whose token was replaced in transit', presignedExchanged, wrongSignature],
  ['a token added in transit', () => withHeader(create(mine), 'x-amz-security-token', 'a'), unsignedToken],
  ['an unsigned token', unsigned, unsignedToken],
])('The control plane refuses %s', async (_, request, refusal) => {
  const before = written
  expect(await sent(request())).toEqual(refusal)
  expect(written).toBe(before)
})

test('A session expires by the clock of the emulator, and a wrong signature is refused before that', async () => {
  const before = written
  advancedSeconds = 900
  expect(await sent(create(mine, mine.SessionToken))).toEqual(expiredToken)
  expect(await sent(presigned(mine, mine.SessionToken))).toEqual(expiredToken)
  expect(await sent(create(withSecretOf(another), mine.SessionToken))).toEqual(wrongSignature)
  expect(written).toBe(before)
})

test('The unchanged session is accepted in the last second of its life', async () => {
  const before = written
  advancedSeconds = 899
  expect(await sent(presigned(mine, mine.SessionToken))).toHaveProperty('repository')
  expect(written).toBe(before + 1)
})
