import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import aws4 from 'aws4'
import { once } from 'node:events'
import { type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES } from '../../src/control-plane/bodies.js'
import { account, now, region, startEmulator } from '../support/emulator.js'

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

/** A call that is signed by aws4 and sent with the given body. */
async function call(endpoint: string, target: string, body: string, { signed = true } = {}) {
  const { host } = new URL(endpoint)
  const headers = { host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
  const options = { host, method: 'POST', path: '/', service: 'ecr', region, headers, body }
  const sent = (signed ? aws4.sign(options, credentials).headers : headers) as Record<string, string>
  const answer = await request(`${endpoint}/`, { method: 'POST', headers: sent, body })
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: (await answer.body.json()) as Record<string, unknown>,
  }
}
type Emulator = Awaited<ReturnType<typeof startEmulator>>

const target = (name: string) => `AmazonEC2ContainerRegistry_V20150921.${name}`

describe('API call', () => {
  it('An API call is answered in awsJson1.1 with a request id', async () => {
    await using emulator = await startEmulator()
    const answer = await call(emulator.endpoint, target('DescribeRepositories'), '{}')
    expect(answer).toMatchObject({ status: 200, body: { repositories: [] } })
    expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1')
    expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each([
    ['an operation that ECR does not have', target('MakeCoffee'), 'Amazon ECR has no operation of this name.'],
    ['a name that every JavaScript object has', target('constructor'), 'Amazon ECR has no operation of this name.'],
    ['another service', 'DynamoDB_20120810.ListTables', undefined],
    ['no service', '', undefined],
  ])('A call of %s is refused with UnknownOperationException', async (_, name, message) => {
    await using emulator = await startEmulator()
    const { status, body } = await call(emulator.endpoint, name, '{}')
    expect(status).toBe(400)
    expect(body).toEqual({ __type: 'UnknownOperationException', ...(message !== undefined && { message }) })
  })

  it.each(['{', '[]', '"text"', 'null'])('The body %s is refused with SerializationException', async (body) => {
    await using emulator = await startEmulator()
    expect(await call(emulator.endpoint, target('DescribeRepositories'), body)).toMatchObject({
      status: 400,
      body: { __type: 'SerializationException' },
    })
  })

  const nested = (levels: number) => '{"tags":'.padEnd(levels + 7, '[') + ']'.repeat(levels - 1) + '}'

  it('A body nested deeper than 100 levels is refused, not counting brackets in strings', async () => {
    await using emulator = await startEmulator()
    const typeOf = async (body: string) => (await call(emulator.endpoint, target('DescribeRegistry'), body)).body.__type
    expect(await typeOf(nested(100))).toBeUndefined()
    expect(await typeOf(nested(101))).toBe('SerializationException')
    expect(await typeOf(`{"a\\\\":"\\"${'['.repeat(200)}","b":"\\\\"}`)).toBeUndefined()
    expect(await typeOf(`{"a":"\\\\","b":${'['.repeat(200)}${']'.repeat(200)}}`)).toBe('SerializationException')
  })

  it('A member of the wrong type is refused with SerializationException', async () => {
    await using emulator = await startEmulator()
    expect(await call(emulator.endpoint, target('DescribeRepositories'), '{"maxResults":"ten"}')).toMatchObject({
      body: { __type: 'SerializationException' },
    })
  })

  it('A null member is treated as absent', async () => {
    await using emulator = await startEmulator()
    const body = '{"repositoryName":"team/app","imageTagMutability":null,"tags":null}'
    expect(await call(emulator.endpoint, target('CreateRepository'), body)).toMatchObject({
      body: { repository: { imageTagMutability: 'MUTABLE' } },
    })
  })

  it('A signature is verified over the headers as they were sent, including a repeated one', async () => {
    await using emulator = await startEmulator()
    const { host } = new URL(emulator.endpoint)
    const unsigned = {
      host,
      'x-amz-target': target('DescribeRegistry'),
      'x-amz-meta': 'a,b',
      'content-type': 'application/x-amz-json-1.1',
    }
    const { headers } = aws4.sign(
      { host, method: 'POST', path: '/', service: 'ecr', region, headers: unsigned, body: '{}' },
      credentials,
    )
    const repeated = { ...headers, 'x-amz-meta': ['a', 'b'] } as OutgoingHttpHeaders
    const status = await new Promise((resolve, reject) => {
      const sent = httpRequest(emulator.endpoint, { method: 'POST', agent: false, headers: repeated })
      sent.once('response', (response) => resolve(response.resume().statusCode)).once('error', reject)
      sent.end('{}')
    })
    expect(status).toBe(200)
  })

  it('A call for another account is refused with AccessDeniedException and status 400', async () => {
    await using emulator = await startEmulator()
    expect(
      await call(emulator.endpoint, target('ListImages'), '{"registryId":"999988887777","repositoryName":"a/b"}'),
    ).toMatchObject({
      status: 400,
      body: {
        __type: 'AccessDeniedException',
        message: `User: arn:aws:iam::${account}:user/developer is not authorized to perform: ecr:ListImages on resource: arn:aws:ecr:us-east-1:999988887777:repository/a/b because no resource-based policy allows the ecr:ListImages action`,
      },
    })
  })

  it('An internal error is answered with ServerException and without details', async () => {
    const broken = () => Promise.reject(new Error('secret detail'))
    await using emulator = await startEmulator({ authorize: broken })
    const answer = await call(emulator.endpoint, target('DescribeRepositories'), '{}')
    expect(answer).toMatchObject({ status: 500, body: { __type: 'ServerException' } })
    expect(JSON.stringify(answer.body)).not.toContain('secret detail')
  })
})

describe('presigned API call', () => {
  const presign = (endpoint: string, secretAccessKey = 'secret') => {
    const { host } = new URL(endpoint)
    const headers = { host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target('DescribeRegistry') }
    const options = {
      host,
      method: 'POST',
      path: '/?X-Amz-Expires=60',
      service: 'ecr',
      region,
      headers,
      body: '{}',
      signQuery: true,
    }
    return { headers, path: String(aws4.sign(options, { ...credentials, secretAccessKey }).path) }
  }

  it('A presigned API call is answered like one that is signed in its headers', async () => {
    await using emulator = await startEmulator()
    const { headers, path } = presign(emulator.endpoint)
    const answer = await request(emulator.endpoint + path, { method: 'POST', headers, body: '{}' })
    expect(await answer.body.json()).toMatchObject({ registryId: account })
  })

  it('A presigned API call with a wrong signature or another body is refused', async () => {
    await using emulator = await startEmulator()
    const wrong = presign(emulator.endpoint, 'wrong')
    const good = presign(emulator.endpoint)
    for (const [{ headers, path }, body] of [
      [wrong, '{}'],
      [good, '{ }'],
    ] as const) {
      const answer = await request(emulator.endpoint + path, { method: 'POST', headers, body })
      expect(await answer.body.json()).toMatchObject({ __type: 'InvalidSignatureException' })
    }
  })
})

describe('order of refusals', () => {
  it('A call is checked for its operation, signature, JSON, permission and input, in this order', async () => {
    const denied = Object.assign(new Error('denied'), {})
    const asked: string[] = []
    await using emulator = await startEmulator({
      authorize: async ({ action, resources }) => {
        asked.push(`${action} ${resources.join()}`)
        if (resources[0]?.endsWith('DENIED')) throw denied
      },
    })
    const types = async (name: string, body: string, options = {}) =>
      (await call(emulator.endpoint, target(name), body, options)).body.__type
    expect(await types('Nope', '{}', { signed: false })).toBe('UnknownOperationException')
    expect(await types('CreateRepository', '{"repositoryName":"DENIED"}', { signed: false })).toBe(
      'MissingAuthenticationTokenException',
    )
    expect(await types('CreateRepository', '{', { signed: false })).toBe('MissingAuthenticationTokenException')
    expect(await types('CreateRepository', '{')).toBe('SerializationException')
    expect(asked).toEqual([])
    expect(await types('CreateRepository', '{"repositoryName":"NOPE"}')).toBe('InvalidParameterException')
    expect(asked).toEqual([`ecr:CreateRepository arn:aws:ecr:us-east-1:${account}:repository/NOPE`])
    expect(await types('CreateRepository', '{"repositoryName":"DENIED"}')).toBe('ServerException')
  })
})

describe('body over the limit', () => {
  /** The answer to a declared content length; no byte of the body is sent. */
  async function refusalOf(emulator: Emulator, method: string, headers: Record<string, string>) {
    const { hostname, port } = new URL(emulator.endpoint)
    const lines = Object.entries({ host: hostname, 'content-length': MAX_BODY_BYTES + 1, ...headers })
    const socket = connect(Number(port), hostname)
    const answer = once(socket, 'data') as Promise<[Buffer]>
    socket.write(`${method} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
    const text = (await answer)[0].toString()
    socket.destroy()
    const [, requestId = ''] = /^x-amzn-requestid: (.*)$/m.exec(text) ?? []
    const { body: explained } = await request(`${emulator.endpoint}/_admin/explain?requestId=${requestId.trim()}`)
    return { text, requestId: requestId.trim(), explained: await explained.json() }
  }
  const outcome = {
    code: 'RequestEntityTooLargeException',
    message: `The request body exceeds ${MAX_BODY_BYTES} bytes.`,
  }

  it('The refusal of a body over the limit can be explained by its request id', async () => {
    await using emulator = await startEmulator()
    const refused = await refusalOf(emulator, 'POST /', { 'x-amz-target': target('PutImage') })
    expect(refused.text).toMatch(/^HTTP\/1\.1 413 [^]*"__type":"RequestEntityTooLargeException"/)
    expect(refused.explained).toEqual({
      ...{ requestId: refused.requestId, at: now.toISOString(), plane: 'control', operation: 'PutImage' },
      ...{ outcome, decisions: [] },
    })
  })

  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const ofIam = { authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/iam/aws4_request' }
  const stsJson = { 'x-amz-target': 'AWSSecurityTokenServiceV20110615.AssumeRole' }
  it.each([
    ['a form of STS', 'sts', 'POST /', form, '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'],
    ['a form of IAM', 'iam', 'POST /', { ...form, ...ofIam }, '<ErrorResponse xmlns="https://iam.amazonaws.com/'],
    ['a form accepting JSON', 'sts', 'POST /', { ...form, accept: 'application/json' }, '{"Error":{"Type":"Sender"'],
    ['an action in the URL', 'sts', 'GET /?Action=GetCallerIdentity', {}, '<ErrorResponse xmlns='],
    ['a call of STS in JSON', 'AssumeRole', 'POST /', stsJson, '{"__type":"RequestEntityTooLargeException"'],
  ])('An oversized body is refused in the protocol of its call: %s', async (_, operation, method, headers, body) => {
    await using emulator = await startEmulator()
    const { text, requestId, explained } = await refusalOf(emulator, method, headers)
    const [head = '', refusal = ''] = text.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 413 /)
    expect(refusal.startsWith(body)).toBe(true)
    expect(refusal).toContain('RequestEntityTooLarge')
    expect(explained).toMatchObject({ requestId, operation, outcome })
  })

  it('A body over the limit is refused by its declared length, before any of it is read', async () => {
    await using emulator = await startEmulator()
    const { hostname, port } = new URL(emulator.endpoint)
    const socket = connect(Number(port), hostname)
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    socket.write(`POST / HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: ${MAX_BODY_BYTES + 1}\r\n\r\n`)
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [^]*RequestEntityTooLargeException/)
    socket.destroy()
  })

  it('A body without a declared length is refused as soon as it exceeds the limit', async () => {
    await using emulator = await startEmulator()
    const { hostname, port } = new URL(emulator.endpoint)
    const socket = connect(Number(port), hostname).on('error', () => {})
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    socket.write(`POST / HTTP/1.1\r\nhost: ${hostname}\r\ntransfer-encoding: chunked\r\n\r\n`)
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000), Buffer.from('\r\n')])
    for (let sent = 0; sent <= MAX_BODY_BYTES; sent += 0x100000) socket.write(chunk)
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })
})

describe('client that sends a whole body over the limit', () => {
  it('A client that sends a whole body over the limit still receives the refusal', async () => {
    await using emulator = await startEmulator()
    const body = Buffer.alloc(MAX_BODY_BYTES + 1024 * 1024)
    const { statusCode } = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = httpRequest(`${emulator.endpoint}/`, { method: 'POST', agent: false })
      let answer: IncomingMessage | undefined
      sent.once('response', (response) => (answer = response.resume()))
      sent.once('close', () => (answer && sent.writableFinished ? resolve(answer) : reject(new Error('cut off'))))
      sent.once('error', reject)
      sent.end(body)
    })
    expect(statusCode).toBe(413)
  })
})

describe('Regions', () => {
  it('The Region of the credential scope selects a registry of its own', async () => {
    await using emulator = await startEmulator()
    await call(emulator.endpoint, target('CreateRepository'), '{"repositoryName":"team/app"}')
    const elsewhere = emulator.clientWith(credentials, 'eu-west-1')
    expect((await elsewhere.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
    expect((await emulator.ecr.send(new DescribeRepositoriesCommand({}))).repositories).toHaveLength(1)
  })
})
