import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import { account, startEmulator } from '../support/emulator.js'
import { clockAt, developerCall, rawAnswers, requestBytes } from '../support/raw-http.js'
import { now, signed, type Wanted, withAuthorization, withHeader } from '../sigv4/signing.js'

const identity = 'Action=GetCallerIdentity&Version=2011-06-15'
const key = { keyId: 'AKIDEXAMPLE', secret: 'secret', service: 'sts' }
const form = { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' }

/** A call of STS as a form, without the headers that `signed` adds for ECR. */
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
/** A call of STS as a presigned URL. */
const url = (query = `${identity}&X-Amz-Expires=60`, wanted: Wanted = {}) =>
  post({ method: 'GET', body: '', signQuery: true, path: `/?${query}`, ...wanted })
const body = (text: string): SignedRequest => ({ ...post(), body: Buffer.from(text) })
const path = (change: (path: string) => string): SignedRequest => ({ ...url(), path: change(url().path) })
/** The request with unescaped question marks, which the signature covers as well; a signer escapes them. */
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

/**
 * An AssumeRole call to which a policy that is not JSON is added: it is refused if it is read and must never be
 * ignored.
 */
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
  ['an additional member in the URL', { ...post(), path: '/?RoleArn=a' }, mismatch],
  ['another action in a presigned URL', path((text) => text.replace('GetCallerIdentity', 'GetSessionToken')), mismatch],
  ['a second action in a presigned URL', path((text) => `${text}&Action=GetSessionToken`), mismatch],
  ['an additional member in a presigned URL', path((text) => `${text}&DurationSeconds=900`), mismatch],
  ['a presigned URL with an added body', { ...url(), body: Buffer.from('Action=GetSessionToken') }, mismatch],
  ['a URL presigned for GET and sent by POST', { ...url(), method: 'POST' }, mismatch],
  [
    'an expired presigned URL',
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
  ['an STS signature that claims IAM', withAuthorization(post(), (text) => text.replace('/sts/', '/iam/')), mismatch],
  [
    'no signature',
    withHeader(post(), 'authorization'),
    refused('MissingAuthenticationToken', 'Request is missing Authentication Token'),
  ],
  [
    'an unknown access key',
    post({ keyId: 'AKIDNOBODY' }),
    refused('InvalidClientTokenId', 'The security token included in the request is invalid.'),
  ],
  [
    'an unsigned token',
    withHeader(post(), 'x-amz-security-token', 'a'),
    refused('SignatureDoesNotMatch', "'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization."),
  ],
  ['an action of IAM', post({ body: 'Action=GetRole&Version=2011-06-15' }), noAction('GetRole')],
  ['an action named constructor', post({ body: 'Action=constructor&Version=2011-06-15' }), noAction('constructor')],
  ['an action named __proto__', post({ body: 'Action=__proto__&Version=2011-06-15' }), noAction('__proto__')],
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
  ['an action with markup', post({ body: 'Action=%3Ca%3E%00&Version=2011-06-15' }), noAction('&lt;a&gt;\ufffd')],
  ['another version', post({ body: 'Action=GetCallerIdentity&Version=1' }), noAction('GetCallerIdentity', '1')],
])('STS refuses %s', async (_, request, refusal) => {
  const answers = await rawAnswers(emulator.endpoint, requestBytes(request))
  expect(
    answers.map(({ status, body: xml }) => ({ status, code: textOf('Code', xml), message: textOf('Message', xml) })),
  ).toEqual([refusal])
})

test('A form with an unsigned X-Amz-Target header is refused', async () => {
  const request = withHeader(post(), 'x-amz-target', 'AWSSecurityTokenServiceV20110615.GetSessionToken')
  const [answer] = await rawAnswers(emulator.endpoint, requestBytes(request))
  expect(JSON.parse(answer?.body ?? '')).toEqual({
    __type: 'InvalidSignatureException',
    message: "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
  })
})

test('A call of ECR that is signed for STS is refused', async () => {
  const [answer] = await rawAnswers(
    emulator.endpoint,
    requestBytes(developerCall('DescribeRegistry', { service: 'sts' })),
  )
  expect(JSON.parse(answer?.body ?? '')).toEqual({
    __type: 'InvalidSignatureException',
    message: "Credential should be scoped to correct service: 'ecr'.",
  })
})

test('The unchanged form and the unchanged URL are accepted', async () => {
  for (const request of [post(), url()]) {
    const [answer] = await rawAnswers(emulator.endpoint, requestBytes(request))
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining(account) as string })
  }
})
