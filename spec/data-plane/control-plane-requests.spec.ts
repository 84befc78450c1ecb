import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signedHeaders } from '../../src/adapters/peer/signed-peer-request.js'
import { errorIn, type RunningRegistry, startRegistry } from '../support/registry.js'

const path = '/_decisions?limit=5'

describe('requests of a control plane in another process', () => {
  let registry: RunningRegistry
  let wall = new Date()
  beforeAll(async () => {
    const clock = { now: async () => wall, wall: () => wall, advance: async () => wall }
    registry = await startRegistry({ clock, ids: { uuid: randomUUID } })
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  const signed = (secret = registry.deps.secret) => signedHeaders({ method: 'GET', path }, secret)
  const sent = async (headers: Readonly<Record<string, string>>, to = path) => {
    const answer = await registry.send('GET', to, { headers })
    return answer.status === 200 ? 'taken' : `${answer.status} ${errorIn(answer).message}`
  }
  const refused = (why: string): unknown =>
    expect.stringContaining(`403 The request is not signed by a control plane. ${why}`)

  it('A signed request of a control plane is accepted whatever Host header a balancer sets', async () => {
    expect(await sent({ ...(await signed()), host: 'some-backend' })).toBe('taken')
  })

  it('A signed request of a control plane is accepted once and refused when it is sent again', async () => {
    const headers = await signed()
    expect(await sent(headers)).toBe('taken')
    expect(await sent(headers)).toEqual(refused('It was sent before.'))
    expect(await sent(await signed())).toBe('taken')
  })

  it('A request of a control plane is refused once its signature is more than five minutes old', async () => {
    const headers = await signed()
    const before = wall
    wall = new Date(Date.now() + 302_000)
    expect(await sent(headers)).toEqual(refused('Signature expired'))
    wall = before
  })

  it('The signature of a control plane is valid only for the path, query and body that it covers', async () => {
    expect(await sent(await signed(), '/_decisions?limit=6')).toEqual(refused('The request signature'))
    const body = JSON.stringify({ method: 'pull', wanted: {} })
    const headers = await signedHeaders({ method: 'POST', path: '/_imports', body }, registry.deps.secret)
    const other = await registry.send('POST', '/_imports', { headers, body: body.replace('pull', 'pall') })
    expect(errorIn(other).message).toEqual(expect.stringContaining('The request signature'))
    expect((await registry.send('POST', '/_imports', { headers, body })).status).not.toBe(403)
  })

  it('A control plane request is refused if signed with another secret or without an invocation id', async () => {
    expect(await sent(await signed('another secret'))).toEqual(refused('The request signature'))
    const entries = Object.entries(await signed()).filter(([name]) => name !== 'amz-sdk-invocation-id')
    const headers = Object.fromEntries(entries)
    expect(await sent(headers)).toEqual(refused(''))
  })

  it('A control plane request is refused without a signature or with the token of a user', async () => {
    expect(await sent({ authorization: '' })).toBe('403 The request is not signed by a control plane.')
    expect(await sent({})).toBe('403 The request is not signed by a control plane.')
  })
})
