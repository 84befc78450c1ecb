import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import { afterAll, describe, expect, it } from 'vitest'
import { startEmulator } from '../support/emulator.js'
import { runCli, startCli } from '../support/run-cli.js'

const cwd = mkdtempSync(join(tmpdir(), 'ecr-local-admin-'))
afterAll(() => rmSync(cwd, { recursive: true }))

const adminToken = 'the-token-of-the-spec'
const bearer = { authorization: `Bearer ${adminToken}` }

async function ask(endpoint: string, headers: Record<string, string> = {}, path = '/_admin/events') {
  const answer = await request(endpoint + path, { headers })
  return { status: answer.statusCode, challenge: answer.headers['www-authenticate'], body: await answer.body.json() }
}

describe.each([
  ['on loopback', true],
  ['away from loopback', false],
])('admin endpoints with a token, %s', (_, adminAllowed) => {
  const start = () => startEmulator({ adminAllowed, adminToken })

  it('The admin endpoints answer a client with the token under any host name', async () => {
    await using emulator = await start()
    for (const host of ['localhost:4566', 'ecr.internal:4566'])
      expect(await ask(emulator.endpoint, { ...bearer, host })).toMatchObject({ status: 200, body: { events: [] } })
    expect((await ask(emulator.endpoint, { authorization: `bearer  ${adminToken} ` })).status).toBe(200)
  })

  it.each([
    ['without it', {}],
    ['with another', { authorization: 'Bearer the-token-of-the-spez' }],
    ['with the beginning of it', { authorization: `Bearer ${adminToken.slice(0, -1)}` }],
    ['with more than it', { authorization: `Bearer ${adminToken}x` }],
    ['with none', { authorization: 'Bearer ' }],
    ['with it as a password', { authorization: `Basic ${Buffer.from(`AWS:${adminToken}`).toString('base64')}` }],
  ])('The admin endpoints want the token and refuse a client %s', async (__, headers) => {
    await using emulator = await start()
    for (const path of ['/_admin/events', '/_admin/roles', '/_admin/explain', '/_admin/nothing'])
      expect(await ask(emulator.endpoint, headers, path)).toEqual({
        status: 401,
        challenge: 'Bearer realm="ecr-local"',
        body: {
          message: 'Admin endpoints require the token that the planes were started with: Authorization: Bearer <token>',
        },
      })
    const reset = await request(`${emulator.endpoint}/_admin/reset`, { method: 'POST', headers })
    expect(reset.statusCode).toBe(401)
    await reset.body.dump()
  })

  it.each<Record<string, string>>([
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'null' },
  ])('The admin endpoints refuse a page of another site even with the token: %j', async (headers) => {
    await using emulator = await start()
    expect((await ask(emulator.endpoint, { ...bearer, ...headers })).status).toBe(403)
  })

  it('The admin endpoints answer a page of their own origin, also behind https', async () => {
    await using emulator = await start()
    const own = { 'sec-fetch-site': 'same-origin', host: 'ecr.internal' }
    for (const origin of ['http://ecr.internal', 'https://ecr.internal'])
      expect((await ask(emulator.endpoint, { ...bearer, ...own, origin })).status).toBe(200)
  })

  it('The health check needs no admin token', async () => {
    await using emulator = await start()
    expect((await ask(emulator.endpoint, {}, '/health')).status).toBe(200)
  })
})

describe('ecr-local on all addresses', () => {
  const everywhere = ['--host', '0.0.0.0', '--store', 'memory', '--port', '0', '--registry-port', '0']

  it('An emulator on all addresses has admin endpoints only for the token, which explain sends', async () => {
    await using run = startCli(['start', ...everywhere, '--admin-token', adminToken], { cwd })
    const { endpoint } = await run.ready()
    expect((await ask(endpoint)).status).toBe(401)
    expect((await ask(endpoint, bearer)).status).toBe(200)
    const explain = (env: Record<string, string>) => runCli(['explain', '--port', new URL(endpoint).port], { cwd, env })
    expect(await explain({ ECR_LOCAL_ADMIN_TOKEN: adminToken })).toMatchObject({
      ...{ code: 0, stdout: expect.stringContaining('No request was refused.') },
    })
    expect(await explain({})).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Authorization: Bearer <token>'),
    })
  })

  it('An emulator on all addresses without an admin token has no admin endpoints and says why', async () => {
    await using run = startCli(['start', ...everywhere], { cwd })
    const { endpoint } = await run.ready()
    expect(await ask(endpoint, bearer)).toMatchObject({
      status: 404,
      body: { message: 'There are no admin endpoints outside loopback without --admin-token' },
    })
  })
})
