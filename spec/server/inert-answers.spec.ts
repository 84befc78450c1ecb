import { CreateRepositoryCommand } from '@aws-sdk/client-ecr'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pushImage, pushLayer, sha256 } from '../support/push.js'
import { authorizationToken } from '../support/registry-client.js'
import { targetOf } from '../support/raw-http.js'
import { wholeEmulator } from '../support/whole-emulator.js'

/** Both planes, and requests that get an answer of every kind. */
type Sent = readonly [
  status: number,
  method: string,
  path: string,
  more?: { readonly headers?: Record<string, string>; readonly body?: string },
]

const markup = '%3Cscript%3Ealert(1)%3C%2Fscript%3E'
const layer = '<script>alert(1)</script>'
const digest = sha256(layer)
const uploadOf = 'team/app/blobs/uploads/'
const json = { 'content-type': 'application/x-amz-json-1.1' }

const toRegistry: Sent[] = [
  [200, 'GET', '/v2/'],
  [200, 'GET', '/v2/_catalog'],
  [200, 'GET', '/v2/team/app/tags/list'],
  [200, 'GET', '/v2/team/app/manifests/v1'],
  [200, 'HEAD', '/v2/team/app/manifests/v1'],
  [304, 'GET', '/v2/team/app/manifests/v1', { headers: { 'if-none-match': '*' } }],
  [200, 'GET', `/v2/team/app/blobs/${digest}`],
  [200, 'HEAD', `/v2/team/app/blobs/${digest}`],
  [206, 'GET', `/v2/team/app/blobs/${digest}`, { headers: { range: 'bytes=0-3' } }],
  [200, 'GET', `/v2/team/app/referrers/${digest}`],
  [202, 'POST', `/v2/${uploadOf}`],
  [404, 'PATCH', `/v2/${uploadOf}none`, { body: layer }],
  [405, 'PUT', '/v2/team/app/manifests/v2', { headers: { 'content-type': 'text/html' }, body: layer }],
  [404, 'GET', `/v2/team/app/manifests/${markup}`],
  [404, 'GET', `/v2/${markup}`],
  [405, 'DELETE', `/v2/team/app/blobs/${digest}`],
  [403, 'GET', '/v2/_catalog', { headers: { origin: 'https://evil.example' } }],
  [401, 'GET', '/v2/_catalog', { headers: { authorization: 'Basic bm9uZQ==' } }],
  [202, 'DELETE', '/v2/team/app/manifests/v1'],
  [200, 'GET', '/health'],
]

const toApi: Sent[] = [
  [400, 'POST', '/', { headers: { ...json, 'x-amz-target': targetOf('DescribeRepositories') }, body: '{}' }],
  [400, 'POST', '/', { headers: { ...json, 'x-amz-target': `None.${layer}` }, body: '{' }],
  [403, 'POST', '/', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `Action=${markup}` }],
  [403, 'GET', `/?Action=${markup}`],
  [403, 'POST', '/', { headers: { origin: 'https://evil.example' } }],
  [200, 'GET', '/_admin/events'],
  [404, 'GET', `/_admin/${markup}`],
  [404, 'GET', `/_admin/explain?requestId=${markup}`],
  [400, 'POST', '/_admin/clock', { body: `{"advanceSeconds":"${layer}"}` }],
  [403, 'GET', '/_admin/events', { headers: { host: 'evil.example' } }],
  [200, 'GET', '/_localstack/health'],
  [404, 'GET', `/_localstack/${markup}`],
  [200, 'GET', '/ready'],
  [200, 'GET', '/metrics'],
  [404, 'GET', `/${markup}`],
  [404, 'GET', '/'],
  [302, 'GET', '/', { headers: { accept: 'text/html' } }],
]

describe.each([
  ['one port', {}],
  ['two ports', { registryPort: 0 }],
])('answers of both planes, %s', (_, ports) => {
  let emulator: Awaited<ReturnType<typeof wholeEmulator>>
  let authorization: string
  const seen: object[] = []

  beforeAll(async () => {
    emulator = await wholeEmulator(ports)
    const ecr = emulator.ecr()
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    await pushLayer(ecr, 'team/app', layer)
    await pushImage(ecr, 'team/app', { imageTag: 'v1', layer })
    authorization = `Basic ${await authorizationToken(ecr)}`
    ecr.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        seen.push((result.response as { headers: object }).headers)
        return result
      },
      { step: 'build' },
    )
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/other' }))
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  const inert = {
    'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  }

  async function requireInert(origin: string, [status, method, path, { headers, body } = {}]: Sent, added: object) {
    const answer = await request(origin + path, {
      method: method as 'GET',
      headers: { ...added, ...headers },
      ...(body !== undefined && { body }),
    })
    await answer.body.dump()
    expect(answer.headers).toMatchObject(inert)
    expect(answer.statusCode).toBe(status)
    expect(String(answer.headers['content-type'])).not.toMatch(/html|javascript|css|svg/)
  }

  it.each(toRegistry)('The registry answers %i to %s %s with headers that keep it from being rendered', (...sent) =>
    requireInert(`http://${emulator.registry}`, sent, { authorization }),
  )

  it.each(toApi)('The control plane answers %i to %s %s with headers that keep it from being rendered', (...sent) =>
    requireInert(emulator.endpoint, sent, {}),
  )

  it('An answer of the API to a client has the same headers', () => {
    expect(seen).toEqual([expect.objectContaining(inert)])
  })
})
