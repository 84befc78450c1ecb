import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InitStatus } from '../../src/localstack/init-status.js'
import { startEmulator } from '../support/emulator.js'

const initStatus: InitStatus = {
  isCompleted: (stage) => stage === 'BOOT' || stage === 'START',
  scripts: [
    { stage: 'START', name: '01-first.sh', state: 'SUCCESSFUL' },
    { stage: 'READY', name: '01-repositories.sh', state: 'ERROR' },
    { stage: 'READY', name: '02-images.sh', state: 'RUNNING' },
  ],
}
let isStoreThere = true
let emulator: Awaited<ReturnType<typeof startEmulator>>

beforeAll(async () => {
  emulator = await startEmulator({ initStatus, isReady: async () => isStoreThere })
})
afterAll(() => emulator[Symbol.asyncDispose]())

async function send(path: string, options: Parameters<typeof request>[1] = {}) {
  const { statusCode, headers, body } = await request(emulator.endpoint + path, options)
  return { statusCode, headers, text: await body.text() }
}

describe('/_localstack/health', () => {
  it('lists what is served in the fields, and with the spaces, of LocalStack', async () => {
    const { statusCode, headers, text } = await send('/_localstack/health')
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('application/json')
    expect(headers['access-control-allow-origin']).toBeUndefined()
    expect(text).toBe(
      '{"services": {"ecr": "available", "sts": "available"}, "edition": "ecr-local", "version": "0.0.0"}',
    )
  })

  it('reports the services as failed while the store does not answer', async () => {
    isStoreThere = false
    const { statusCode, text } = await send('/_localstack/health?reload')
    isStoreThere = true
    expect([statusCode, JSON.parse(text)]).toMatchObject([200, { services: { ecr: 'error', sts: 'error' } }])
  })

  it('answers HEAD without a body', async () => {
    expect(await send('/_localstack/health', { method: 'HEAD' })).toMatchObject({ statusCode: 200, text: '' })
  })

  it.each(['', 'not JSON', '{}', '[]', '"restart"'])('calls the POST of %j an invalid request', async (body) => {
    const answer = await send('/_localstack/health', { method: 'POST', body })
    expect([answer.statusCode, answer.text]).toEqual([400, 'invalid request'])
  })

  it('accepts a POST that asks for nothing', async () => {
    const answer = await send('/_localstack/health', { method: 'POST', body: '{"action":"none"}' })
    expect([answer.statusCode, answer.text]).toEqual([200, 'ok'])
  })

  it.each(['restart', 'kill'])('does not let a request %s the process', async (action) => {
    const answer = await send('/_localstack/health', { method: 'POST', body: JSON.stringify({ action }) })
    const message = `The action ${action} is not served: stop the process with a signal; POST /_admin/reset removes its state`
    expect([answer.statusCode, JSON.parse(answer.text)]).toEqual([501, { message }])
  })

  it('refuses a body that no tool of LocalStack sends', async () => {
    const answer = await send('/_localstack/health', { method: 'POST', body: 'x'.repeat(4097) })
    expect([answer.statusCode, answer.text]).toEqual([413, '{"message":"The body exceeds 4096 bytes"}'])
  })

  it('refuses other methods and names the allowed ones', async () => {
    const { statusCode, headers, text } = await send('/_localstack/health', { method: 'PUT', body: '{}' })
    expect([statusCode, headers.allow, JSON.parse(text)]).toEqual([
      405,
      'GET, HEAD, POST',
      { message: 'Only GET, HEAD, POST is allowed here' },
    ])
  })
})

describe('/_localstack/init', () => {
  it('lists stages and scripts in the fields of LocalStack', async () => {
    const { statusCode, text } = await send('/_localstack/init')
    expect([statusCode, JSON.parse(text)]).toEqual([
      200,
      { completed: { BOOT: true, START: true, READY: false, SHUTDOWN: false }, scripts: initStatus.scripts },
    ])
  })

  it.each(['ready', 'READY', 'Ready'])('lists the stage %s alone', async (stage) => {
    const { text } = await send(`/_localstack/init/${stage}`)
    expect(JSON.parse(text)).toEqual({ completed: false, scripts: initStatus.scripts.slice(1) })
  })

  it.each([
    ['/_localstack/init/later', 'There is no such stage: there are boot, start, ready, shutdown'],
    ['/_localstack/info', 'There are /_localstack/health, /_localstack/init and /_localstack/init/<stage>'],
    ['/_localstack', 'There are /_localstack/health, /_localstack/init and /_localstack/init/<stage>'],
  ])('has nothing at %s', async (path, message) => {
    const { statusCode, text } = await send(path)
    expect([statusCode, JSON.parse(text)]).toEqual([404, { message }])
  })

  it('is only read', async () => {
    const { statusCode, headers } = await send('/_localstack/init/boot', { method: 'DELETE' })
    expect([statusCode, headers.allow]).toEqual([405, 'GET, HEAD'])
  })

  it('reports a process without init scripts as past every stage but the last', async () => {
    await using other = await startEmulator()
    const { body } = await request(`${other.endpoint}/_localstack/init`)
    expect(await body.json()).toEqual({
      completed: { BOOT: true, START: true, READY: true, SHUTDOWN: false },
      scripts: [],
    })
  })
})

describe('web pages', () => {
  const foreign = { host: 'rebound.example:4566' }
  const ofPage = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }

  it.each([
    ['a page of another site', ofPage],
    ['a page after DNS rebinding', foreign],
  ])('%s cannot read the names of scripts, nor send actions', async (_name, headers) => {
    const read = await send('/_localstack/init', { headers })
    const sent = await send('/_localstack/health', { method: 'POST', headers, body: '{"action":"kill"}' })
    const message = 'Web pages of other sites may not read this'
    const refused = { statusCode: 403, text: JSON.stringify({ message }) }
    expect([read, sent]).toMatchObject([refused, refused])
  })

  it('are told by health what everybody is told', async () => {
    const { statusCode, headers } = await send('/_localstack/health', { headers: foreign })
    expect([statusCode, headers['cross-origin-resource-policy']]).toEqual([200, 'same-origin'])
  })

  it('do not keep away clients that use a name of the network, where the plane listens for others', async () => {
    await using other = await startEmulator({ adminAllowed: false, initStatus })
    const { statusCode } = await request(`${other.endpoint}/_localstack/init`, { headers: { host: 'ecr-local:4566' } })
    expect(statusCode).toBe(200)
  })
})
