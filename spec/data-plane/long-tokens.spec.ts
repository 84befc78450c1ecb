import { describe, expect, it } from 'vitest'
import { TOKEN_LIFETIME_MS } from '../../src/access/token.js'
import { installation } from '../../src/registry/registry.js'
import { longSession, longSessionAccounts as accounts, loginOf } from '../support/long-session.js'
import { errorIn, type RunningRegistry, startedAt, startRegistry } from '../support/registry.js'

const expiresAt = startedAt.getTime() + TOKEN_LIFETIME_MS
const expired = { code: 'DENIED', message: 'Your authorization token has expired. Reauthenticate and try again.' }

/** Logs in as a session that is stored, and returns a function that sends requests with its token. */
async function login({ deps, send }: RunningRegistry) {
  const authorization = await loginOf(longSession(), { expiresAt }, deps)
  return (path: string, method = 'GET', host = 'localhost:4510') =>
    send(method, path, { headers: { authorization, host } })
}

async function forget({ deps: { store } }: RunningRegistry) {
  const { items } = await store.principals.list(installation, { limit: 10 })
  expect(items).toHaveLength(1)
  for (const { idHash } of items) await store.principals.remove(installation, idHash)
}

describe('A token that refers to a stored session', () => {
  it('The session policies of a stored session apply to its requests', async () => {
    await using running = await startRegistry({ accounts })
    await running.createRepository('app')
    const ask = await login(running)
    expect((await ask('/v2/app/tags/list')).status).toBe(200)
    const refused = await ask('/v2/app/blobs/uploads/', 'POST')
    expect(refused.status).toBe(403)
    expect(errorIn(refused).message).toContain('because no session policy allows the ecr:InitiateLayerUpload action')
  })

  it.each([
    ['is stored', async () => {}],
    ['was removed', forget],
  ])('A token that has expired is refused with 403 while its session %s', async (_, change) => {
    await using running = await startRegistry({ accounts })
    const ask = await login(running)
    await change(running)
    await running.deps.clock.advance(12 * 60 * 60)
    const answer = await ask('/v2/')
    expect(answer.status).toBe(403)
    expect(errorIn(answer)).toEqual(expired)
  })

  it('A token whose session is not stored is challenged, and the log says why', async () => {
    await using running = await startRegistry({ accounts })
    const ask = await login(running)
    await forget(running)
    const { status, body, headers } = await ask('/v2/')
    expect(status).toBe(401)
    expect(body.toString()).toBe('Not Authorized\n')
    expect(running.deps.decisions.find(String(headers['x-amzn-requestid']))?.end?.hint).toBe(
      'The password refers to a session that this installation no longer stores: log in again',
    )
  })

  it('A session that a data plane has read once is not read again', async () => {
    await using running = await startRegistry({ accounts })
    const ask = await login(running)
    expect((await ask('/v2/')).status).toBe(200)
    await forget(running)
    expect((await ask('/v2/')).status).toBe(200)
    expect((await (await login(running))('/v2/')).status).toBe(200)
  })

  it('The token of a stored session is refused in another Region', async () => {
    await using running = await startRegistry({ accounts })
    const ask = await login(running)
    expect((await ask('/v2/', 'GET', '123456789012.dkr.ecr.eu-west-1.amazonaws.com')).status).toBe(401)
  })

  it('The token of a stored session is refused once its role is no longer in the configuration', async () => {
    await using running = await startRegistry({ accounts })
    const authorization = await loginOf(longSession(), { expiresAt }, running.deps)
    await using without = await startRegistry({ store: running.deps.store })
    expect((await without.send('GET', '/v2/', { headers: { authorization } })).status).toBe(401)
  })

  it('The token of a stored session ends when the advanced clock it was issued under is reset', async () => {
    await using running = await startRegistry({ accounts })
    const advanced = { expiresAt, clockAdvancedBy: 24 * 60 * 60 }
    const authorization = await loginOf(longSession(), advanced, running.deps)
    expect((await running.send('GET', '/v2/', { headers: { authorization } })).status).toBe(403)
  })
})
