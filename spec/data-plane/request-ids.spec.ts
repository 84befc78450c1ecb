import { once } from 'node:events'
import type { Socket } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { downloadUrl } from '../../src/access/download-url.js'
import { type Answer, registry, type RunningRegistry, startedAt, startRegistry, userOf } from '../support/registry.js'
import { digestOf } from '../support/upstream-content.js'

describe('request id', () => {
  let running: RunningRegistry
  beforeAll(async () => {
    running = await startRegistry()
    await running.createRepository('app')
    await running.push('app', { tag: 'latest' })
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const idOf = ({ headers }: Answer) => String(headers['x-amzn-requestid'])
  const requestOf = (answer: Answer) => running.deps.decisions.find(idOf(answer))
  const none = `sha256:${'0'.repeat(64)}`

  it.each([
    ['a manifest', 'GET', '/v2/app/manifests/latest', 200],
    ['no body', 'HEAD', '/v2/app/manifests/latest', 200],
    ['a list', 'GET', '/v2/app/tags/list', 200],
    ['a login', 'GET', '/v2/', 200],
    ['a new upload', 'POST', '/v2/app/blobs/uploads/', 202],
    ['no such image', 'GET', '/v2/app/manifests/none', 404],
    ['no such repository', 'GET', '/v2/none/tags/list', 404],
    ['no such layer', 'GET', `/v2/app/blobs/${none}`, 404],
    ['no possible name', 'GET', '/v2/UP/tags/list', 400],
    ['no such endpoint', 'GET', '/v1/', 404],
    ['another method', 'POST', '/v2/app/tags/list', 405],
    ['a forged layer URL', 'GET', '/_layers?digest=x', 403],
    ['an unsigned import', 'POST', '/_imports', 403],
    ['its health', 'GET', '/health', 200],
  ])('Every answer carries a request id: %s', async (_, method, path, status) => {
    const answer = await running.send(method, path)
    expect(answer.status).toBe(status)
    expect(idOf(answer)).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('A challenge and the refusal of an expired token carry a request id', async () => {
    expect(idOf(await running.send('GET', '/v2/', { headers: { authorization: '' } }))).toMatch(/^[0-9a-f-]{36}$/)
    await using own = await startRegistry()
    await own.deps.clock.advance(12 * 60 * 60)
    expect(idOf(await own.send('GET', '/v2/'))).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('Every request gets a request id of its own', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => running.send('GET', '/v2/')))
    expect(new Set(answers.map(idOf)).size).toBe(3)
  })

  it('The request id of an answered request finds its decision, without the query of its path', async () => {
    const request = requestOf(await running.send('GET', '/v2/app/tags/list?n=5'))
    expect(request?.end).toEqual({ at: startedAt.getTime(), plane: 'data', operation: 'GET /v2/app/tags/list' })
    expect(
      request?.decisions.map(({ question, decision }) => [question.action, question.resource, decision.allowed]),
    ).toEqual([['ecr:ListImages', 'arn:aws:ecr:us-east-1:123456789012:repository/app', true]])
  })

  it('The request id of a whole blob upload finds the decisions on all three actions', async () => {
    const body = Buffer.from('several')
    const request = requestOf(await running.send('POST', `/v2/app/blobs/uploads/?digest=${digestOf(body)}`, { body }))
    expect(request?.decisions.map(({ question }) => question.action)).toEqual([
      'ecr:InitiateLayerUpload',
      'ecr:UploadLayerPart',
      'ecr:CompleteLayerUpload',
    ])
  })

  it('The request id of a refusal finds it, whether or not a policy decided', async () => {
    const elsewhere = { host: '999999999999.dkr.ecr.us-east-1.localhost' }
    const denied = requestOf(await running.send('GET', '/v2/app/tags/list', { headers: elsewhere }))
    expect(denied?.end?.refusal?.code).toBe('DENIED')
    expect(denied?.decisions.map(({ decision }) => decision.allowed)).toEqual([false])

    const unknown = requestOf(await running.send('GET', '/v2/app/manifests/none'))
    expect(unknown?.end?.refusal).toEqual({ code: 'MANIFEST_UNKNOWN', message: 'Requested image not found' })

    const stranger = { authorization: running.tokenOf(userOf('nobody')) }
    const challenged = requestOf(await running.send('GET', '/v2/', { headers: stranger }))
    expect(challenged).toMatchObject({ decisions: [], end: { refusal: { code: 'UNAUTHORIZED' } } })
  })

  it('The request id of an internal error finds its refusal', async () => {
    const error = vi.spyOn(running.deps.log, 'error').mockReturnValue()
    const tags = vi.spyOn(running.deps.store.tags, 'list').mockRejectedValue(new Error('the disk is on fire'))
    const answer = await running.send('GET', '/v2/app/tags/list')
    tags.mockRestore()
    error.mockRestore()

    expect(answer.status).toBe(500)
    expect(requestOf(answer)?.end?.refusal).toEqual({ code: 'UNKNOWN', message: 'Internal server error' })
    expect(await running.deps.store.tags.list(registry, { limit: 1 })).toBeDefined()
  })

  it('The request id of a refused request for explanations finds its time and operation', async () => {
    const refused = await running.send('GET', '/_decisions?limit=5')
    expect(refused.status).toBe(403)
    expect(requestOf(refused)?.end).toMatchObject({ at: startedAt.getTime(), operation: 'GET /_decisions' })
  })

  it('The request id of a health check is not remembered', async () => {
    expect(requestOf(await running.send('GET', '/health'))).toBeUndefined()
  })
})

describe('log of layer URLs', () => {
  const grant = { registry, repository: 'app', digest: `sha256:${'0'.repeat(64)}` }

  it('The log omits the query of a layer URL when it fails and when its client disconnects', async () => {
    await using running = await startRegistry()
    const { log, store, secret } = running.deps
    const { pathname, search } = new URL(downloadUrl('http://localhost', grant, startedAt, secret))
    const [error, debug] = [vi.spyOn(log, 'error'), vi.spyOn(log, 'debug')]
    const find = vi.spyOn(store.layers, 'get').mockRejectedValueOnce(new Error('the disk is on fire'))
    expect((await running.send('GET', pathname + search)).status).toBe(500)
    expect(error.mock.calls).toMatchObject([[{ path: '/_layers' }, 'failed unexpectedly']])

    const connected = once(running.server, 'connection') as Promise<[Socket]>
    const leaving = running.open('GET', pathname + search).on('error', () => {})
    find.mockImplementationOnce(async () => {
      const [socket] = await connected
      leaving.destroy()
      await once(socket, 'close')
      throw Object.assign(new Error('read'), { code: 'ECONNRESET' })
    })
    leaving.end()
    await expect.poll(() => debug.mock.calls).toMatchObject([[{ path: '/_layers' }, 'the client disconnected']])
    expect(inspect([error.mock.calls, debug.mock.calls], { depth: null })).not.toMatch(/signature|digest=/)
  })
})
