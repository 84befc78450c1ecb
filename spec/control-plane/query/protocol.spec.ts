import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { queryCall } from '../../support/query-call.js'
import { clockAt, developerCall, rawAnswers, requestBytes } from '../../support/raw-http.js'
import { now } from '../../sigv4/signing.js'

/*
 * STS and IAM in the AWS Query protocol: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */

let emulator: Awaited<ReturnType<typeof startEmulator>>
beforeAll(async () => {
  emulator = await startEmulator()
})
afterAll(() => emulator[Symbol.asyncDispose]())

const Version = '2011-06-15'
const identity = { Action: 'GetCallerIdentity', Version }
const call = (members: Record<string, string>, more: object = {}) =>
  queryCall(emulator.endpoint, { service: 'sts', members, ...more })

const arn = `arn:aws:iam::${account}:user/developer`

describe('response', () => {
  it('STS responds in XML', async () => {
    const { status, headers, text } = await call(identity)
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/xml')
    const requestId = String(headers['x-amzn-requestid'])
    expect(text).toMatch(
      new RegExp(
        `^<GetCallerIdentityResponse xmlns="https://sts\\.amazonaws\\.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>AIDA\\w{17}</UserId><Account>${account}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>$`,
      ),
    )
  })

  it('STS responds in JSON, with times in seconds, when the caller accepts JSON', async () => {
    const { headers, text } = await call({ Action: 'GetSessionToken', Version }, { accept: 'application/json' })
    expect(headers['content-type']).toBe('application/json')
    const { GetSessionTokenResponse: answer } = JSON.parse(text) as Record<string, unknown>
    expect(answer).toMatchObject({
      GetSessionTokenResult: { Credentials: { Expiration: Date.UTC(2026, 0, 2, 15, 4, 5) / 1000 } },
      ResponseMetadata: { RequestId: headers['x-amzn-requestid'] },
    })
  })

  it('STS responds to a presigned URL as to a signed form', async () => {
    const { status, text } = await call(identity, { presigned: true })
    expect([status, text]).toEqual([200, expect.stringContaining(`<Arn>${arn}</Arn>`)])
    const { text: json } = await call(identity, { presigned: true, accept: 'application/json' })
    expect(JSON.parse(json)).toHaveProperty('GetCallerIdentityResponse.GetCallerIdentityResult.Arn', arn)
  })
})

describe('awsJson', () => {
  const send = async (action: string, body: string) => {
    await using standing = await startEmulator({ clock: clockAt(now) })
    const headers = { 'X-Amz-Target': `AWSSecurityTokenServiceV20110615.${action}` }
    const [answer] = await rawAnswers(
      standing.endpoint,
      requestBytes(developerCall('', { service: 'sts', body, headers })),
    )
    return { ...answer, json: JSON.parse(answer?.body ?? '') as unknown }
  }

  it('STS accepts and answers calls in awsJson', async () => {
    const { status, headers, json } = await send('GetSessionToken', '{"DurationSeconds":900}')
    expect(status).toBe(200)
    expect(headers?.['content-type']).toBe('application/x-amz-json-1.1')
    expect(json).toMatchObject({ Credentials: { Expiration: now.getTime() / 1000 + 900 } })
  })

  it('An awsJson call of STS may contain lists and structures', async () => {
    const members = { RoleArn: `arn:aws:iam::${account}:role/missing`, RoleSessionName: 'session' }
    const { status, json } = await send('AssumeRole', JSON.stringify({ ...members, Tags: [{ Key: '<', Value: null }] }))
    expect([status, json]).toMatchObject([
      400,
      {
        __type: 'ValidationError',
        message:
          "2 validation errors detected: Value '<' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*; Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null",
      },
    ])
  })

  it.each([
    ['GetFederationToken', '{}', 'InvalidAction'],
    ['GetSessionToken', '{', 'SerializationException'],
    ['GetSessionToken', '[]', 'SerializationException'],
  ])('STS refuses the awsJson call %s with the body %s as %s', async (action, body, __type) => {
    const { status, json } = await send(action, body)
    expect([status, json]).toMatchObject([400, { __type }])
  })
})

describe('error response', () => {
  it.each([
    [{ Action: 'GetFederationTokens', Version }, `GetFederationTokens for version ${Version}`],
    [{ Action: 'GetCallerIdentity', Version: '2010-05-08' }, 'GetCallerIdentity for version 2010-05-08'],
    [{ Action: 'GetCallerIdentity' }, 'GetCallerIdentity for version NO_VERSION_SPECIFIED'],
    [{ Action: 'constructor', Version }, `constructor for version ${Version}`],
    [{ Action: 'GetRole', Version: '2010-05-08' }, 'GetRole for version 2010-05-08'],
    [{ Action: 'a'.repeat(5000), Version }, `${'a'.repeat(128)} for version ${Version}`],
  ])('STS reports an action that it does not have: %j', async (members, operation) => {
    const { status, headers, text } = await call(members)
    expect(status).toBe(400)
    expect(text).toBe(
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Could not find operation ${operation}</Message></Error><RequestId>${String(headers['x-amzn-requestid'])}</RequestId></ErrorResponse>`,
    )
  })

  it('STS responds with an error in JSON when the caller accepts JSON', async () => {
    const { status, headers, text } = await call({ Action: 'Nothing', Version }, { accept: 'application/json' })
    expect(status).toBe(400)
    expect(JSON.parse(text)).toEqual({
      Error: {
        Type: 'Sender',
        Code: 'InvalidAction',
        Message: `Could not find operation Nothing for version ${Version}`,
      },
      RequestId: headers['x-amzn-requestid'],
    })
  })

  it('STS escapes the request text that an error in XML repeats', async () => {
    const { text } = await call({ Action: '<a>&"\u0000\u001b', Version })
    expect(text).toContain('operation &lt;a&gt;&amp;&quot;\ufffd\ufffd for version')
  })

  it('An error response comes from the service of the credential scope', async () => {
    const members = { Action: 'GetCallerIdentity', Version: '2010-05-08' }
    const { status, text } = await queryCall(emulator.endpoint, { service: 'iam', members })
    expect([status, text]).toEqual([400, expect.stringContaining('xmlns="https://iam.amazonaws.com/doc/2010-05-08/"')])
  })

  it('An unsigned URL is refused with MissingAuthenticationToken', async () => {
    const answer = await request(`${emulator.endpoint}/?Action=GetCallerIdentity&Version=${Version}`)
    expect(answer.statusCode).toBe(403)
    expect(await answer.body.text()).toContain('<Code>MissingAuthenticationToken</Code>')
  })

  it('A query call that is signed for ECR is refused', async () => {
    const body = `Action=GetCallerIdentity&Version=${Version}`
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    await using standing = await startEmulator({ clock: clockAt(now) })
    const [answer] = await rawAnswers(standing.endpoint, requestBytes(developerCall('', { body, headers })))
    expect(answer?.status).toBe(403)
    expect(answer?.body).toContain("Credential should be scoped to correct service: 'sts'.")
  })
})
