import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import { account, startEmulator } from '../support/emulator.js'
import { clockAt, developerCall, rawAnswers, requestBytes } from '../support/raw-http.js'
import { now, signed, type Wanted, withAuthorization, withHeader } from '../sigv4/signing.js'

const identity = 'Action=GetCallerIdentity&Version=2011-06-15'
const key = { keyId: 'AKIDEXAMPLE', secret: 'secret', service: 'sts' }
const form = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' }

/** A call of STS as a form; whatever else `signed` adds for ECR is taken away. */
const post = (wanted: Wanted = {}) =>
  withHeader(
    withHeader(
      signed({
        ...{ ...key, body: identity, headers: form },
        extraHeadersToIgnore: { 'content-length': true, 'x-amz-target': true },
        ...wanted,
      }),
      'content-length',
    ),
    'x-amz-target',
  )
/** A call of STS as a URL to follow. */
const url = (query = `${identity}&X-Amz-Expires=60`, wanted: Wanted = {}) =>
  post({ method: 'GET', body: '', signQuery: true, path: `/?${query}`, ...wanted })
const body = (text: string): SignedRequest => ({ ...post(), body: Buffer.from(text) })
const path = (change: (path: string) => string): SignedRequest => ({ ...url(), path: change(url().path) })
/** With its question marks as they are, which the signature covers as well: a signer writes them out. */
const bare = (request: SignedRequest) => ({ ...request, path: request.path.replaceAll('%3F', '?') })

const mismatch = {
  status: 403,
  code: 'SignatureDoesNotMatch',
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
}
const refused = (code: string, message: string) => ({ status: 403, code, message })
const malformed = (code: string, message: string) => ({ status: 400, code, message })
const noAction = (name: string, version = '2011-06-15') =>
  malformed('InvalidAction', `Could not find operation ${name} for version ${version}`)
const twice = (name: string) => malformed('MalformedInput', `The parameter ${name} is given more than once.`)

/** The policy is no JSON: whoever reads it refuses it, and whoever does not would give a session more than was wanted. */
const assume =
  'Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/none&RoleSessionName=session'
const policyRead = malformed('MalformedPolicyDocument', 'This policy contains invalid Json')
const policyNotRead = refused(
  'AccessDenied',
  `User: arn:aws:iam::${account}:user/developer is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/none`,
)

let emulator: Awaited<ReturnType<typeof startEmulator>>
beforeAll(async () => void (emulator = await startEmulator({ clock: clockAt(now) })))
afterAll(() => emulator[Symbol.asyncDispose]())

const textOf = (name: string, xml: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]

test.each<[string, SignedRequest, object]>([
  ['another secret', post({ secret: 'another' }), mismatch],
  ['another body', body(`Action=GetSessionToken&Version=2011-06-15`), mismatch],
  ['no body and its members in the URL', { ...body(''), path: `/?${identity}` }, mismatch],
  ['a member in the URL besides', { ...post(), path: '/?RoleArn=a' }, mismatch],
  ['presigned, another action', path((text) => text.replace('GetCallerIdentity', 'GetSessionToken')), mismatch],
  ['presigned, the action named again', path((text) => `${text}&Action=GetSessionToken`), mismatch],
  ['presigned, a member more', path((text) => `${text}&DurationSeconds=900`), mismatch],
  ['presigned, a body that came later', { ...url(), body: Buffer.from('Action=GetSessionToken') }, mismatch],
  ['presigned for GET and sent by POST', { ...url(), method: 'POST' }, mismatch],
  [
    'presigned, past its life',
    url(undefined, { signedAt: '20261123T115859Z' }),
    refused(
      'SignatureDoesNotMatch',
      'Signature expired: 20261123T115859Z is now earlier than 20261123T115900Z (20261123T120000Z - 1 min.)',
    ),
  ],
  [
    'a signature for ECR',
    post({ service: 'ecr' }),
    refused('SignatureDoesNotMatch', "Credential should be scoped to correct service: 'sts'."),
  ],
  ['a signature for STS that says IAM', withAuthorization(post(), (text) => text.replace('/sts/', '/iam/')), mismatch],
  [
    'no signature',
    withHeader(post(), 'authorization'),
    refused('MissingAuthenticationToken', 'Request is missing Authentication Token'),
  ],
  [
    'a key nobody has',
    post({ keyId: 'AKIDNOBODY' }),
    refused('InvalidClientTokenId', 'The security token included in the request is invalid.'),
  ],
  [
    'a token that is not signed',
    withHeader(post(), 'x-amz-security-token', 'a'),
    refused('SignatureDoesNotMatch', "'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization."),
  ],
  ['an action of IAM', post({ body: 'Action=GetRole&Version=2011-06-15' }), noAction('GetRole')],
  ['an action every object has', post({ body: 'Action=constructor&Version=2011-06-15' }), noAction('constructor')],
  ['the action __proto__', post({ body: 'Action=__proto__&Version=2011-06-15' }), noAction('__proto__')],
  [
    'no action',
    post({ body: 'Version=2011-06-15' }),
    malformed('InvalidAction', 'Could not find operation for version 2011-06-15'),
  ],
  [
    'an action whose name begins with a question mark',
    post({ body: `?${identity}` }),
    malformed('InvalidAction', 'Could not find operation for version 2011-06-15'),
  ],
  ['a policy after a second question mark', bare(url(`${assume}&Rest=a?b&Policy=%7B&X-Amz-Expires=60`)), policyRead],
  ['a policy behind two question marks', bare(post({ path: '/??Policy=%7B', body: assume })), policyNotRead],
  ['a policy in the URL of a form', post({ path: '/?Policy=%7B', body: assume }), policyRead],
  ['a policy given twice', post({ body: `${assume}&Policy=%7B&Policy=%7B%7D` }), twice('Policy')],
  ['a policy in both URL and form', post({ path: '/?Policy=%7B', body: `${assume}&Policy=%7B` }), twice('Policy')],
  ['an action given twice', post({ body: `${identity}&%41ction=GetSessionToken` }), twice('Action')],
  ['markup for an action', post({ body: 'Action=%3Ca%3E%00&Version=2011-06-15' }), noAction('&lt;a&gt;\ufffd')],
  ['another version', post({ body: 'Action=GetCallerIdentity&Version=1' }), noAction('GetCallerIdentity', '1')],
])('STS refuses %s', async (_, request, refusal) => {
  const answers = await rawAnswers(emulator.endpoint, requestBytes(request))
  expect(
    answers.map(({ status, body: xml }) => ({ status, code: textOf('Code', xml), message: textOf('Message', xml) })),
  ).toEqual([refusal])
})

test('refuses a form that says with an unsigned header that it is something else', async () => {
  const request = withHeader(post(), 'x-amz-target', 'AWSSecurityTokenServiceV20110615.GetSessionToken')
  const [answer] = await rawAnswers(emulator.endpoint, requestBytes(request))
  expect(JSON.parse(answer?.body ?? '')).toEqual({
    __type: 'InvalidSignatureException',
    message: "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
  })
})

test('refuses a call of ECR signed for STS', async () => {
  const [answer] = await rawAnswers(
    emulator.endpoint,
    requestBytes(developerCall('DescribeRegistry', { service: 'sts' })),
  )
  expect(JSON.parse(answer?.body ?? '')).toEqual({
    __type: 'InvalidSignatureException',
    message: "Credential should be scoped to correct service: 'ecr'.",
  })
})

test('lets in what all of these were made from', async () => {
  for (const request of [post(), url()]) {
    const [answer] = await rawAnswers(emulator.endpoint, requestBytes(request))
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining(account) as string })
  }
})
