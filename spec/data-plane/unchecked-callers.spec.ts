import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identitiesIn } from '../../src/access/identities.js'
import { authorizer } from '../../src/access/authorizer.js'
import { decisionLog } from '../../src/access/explain/decision-log.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeOf } from '../../src/store/store-of.js'
import { basic, registry, type RunningRegistry, startRegistry, userOf } from '../support/registry.js'

const ecrHost = (account = registry.account) => `${account}.dkr.ecr.us-east-1.localhost`

/** A data plane in this mode, with one configured user and one image. */
async function registryWith(auth: 'strict' | 'relaxed', anonymousPull: boolean) {
  const store = storeOf(memoryKeyValue())
  const policies = ['AmazonEC2ContainerRegistryFullAccess']
  const users = { developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies } }
  const identities = identitiesIn({ [registry.account]: { users } }, auth)
  const decisions = decisionLog()
  const authorize = authorizer({ store, identities, decisions })
  const running = await startRegistry({
    ...{ store, identities, decisions, authorize, auth, anonymousPull },
    ids: { uuid: randomUUID },
  })
  await running.createRepository('app')
  await running.push('app', { tag: 'v1' })
  return running
}

const statusOf = async (running: RunningRegistry, method: string, path: string, headers: Record<string, string>) =>
  (await running.send(method, path, { headers })).status
const anonymous = { authorization: '', host: ecrHost() }

describe('relaxed authentication', () => {
  let running: RunningRegistry
  beforeAll(async () => void (running = await registryWith('relaxed', true)))
  afterAll(() => running[Symbol.asyncDispose]())

  it.each(['AWS', 'anybody', registry.account])('Relaxed mode accepts any password of user %s', async (user) => {
    const headers = { authorization: basic('any password', user), host: ecrHost() }
    expect(await statusOf(running, 'GET', '/v2/', headers)).toBe(200)
  })

  it('Relaxed mode reads a 12-digit user name as account id and any other as 000000000000', async () => {
    const headers = (user: string) => ({ authorization: basic('x', user) })
    expect(await statusOf(running, 'GET', '/v2/app/manifests/v1', headers(registry.account))).toBe(200)
    expect(await statusOf(running, 'GET', '/v2/app/manifests/v1', headers('AWS'))).toBe(404)
  })

  it('Relaxed mode still refuses an expired token', async () => {
    await using own = await registryWith('relaxed', false)
    await own.deps.clock.advance(13 * 60 * 60)
    expect(await statusOf(own, 'GET', '/v2/', { authorization: own.tokenOf() })).toBe(403)
  })

  it('Relaxed mode with anonymous pulls lets clients without credentials pull and nothing else', async () => {
    expect(await statusOf(running, 'GET', '/v2/', anonymous)).toBe(200)
    expect(await statusOf(running, 'GET', '/v2/app/manifests/v1', anonymous)).toBe(200)
    const refused = await running.send('POST', '/v2/app/blobs/uploads/', { headers: anonymous })
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, expect.stringContaining('Basic')])
    expect(await statusOf(running, 'GET', '/v2/app/tags/list', anonymous)).toBe(401)
    expect(await statusOf(running, 'DELETE', '/v2/app/manifests/v1', anonymous)).toBe(401)
  })

  it('A repository policy that denies everyone also denies anonymous pulls in relaxed mode', async () => {
    await running.deps.store.repositoryPolicies.put(registry, 'app', { text: policyOf('Deny') })
    expect(await statusOf(running, 'GET', '/v2/app/manifests/v1', anonymous)).toBe(401)
    await running.deps.store.repositoryPolicies.remove(registry, 'app')
  })

  it('Relaxed mode requires credentials for pulls unless anonymous pulls are switched on', async () => {
    await using own = await registryWith('relaxed', false)
    expect(await statusOf(own, 'GET', '/v2/app/manifests/v1', anonymous)).toBe(401)
  })
})

const policyOf = (Effect: 'Allow' | 'Deny', Principal: unknown = '*') =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect, Principal, Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'] }],
  })

describe('strict authentication', () => {
  let running: RunningRegistry
  beforeAll(async () => void (running = await registryWith('strict', true)))
  afterAll(() => running[Symbol.asyncDispose]())
  const pull = () => statusOf(running, 'GET', '/v2/app/manifests/v1', anonymous)
  const setPolicy = (text: string) => running.deps.store.repositoryPolicies.put(registry, 'app', { text })

  it('Strict mode allows an anonymous pull only where a repository policy allows everyone', async () => {
    expect(await pull()).toBe(401)
    await setPolicy(policyOf('Allow', { AWS: registry.account }))
    expect(await pull()).toBe(401)
    await setPolicy(policyOf('Allow'))
    expect(await pull()).toBe(200)
    expect(await statusOf(running, 'POST', '/v2/app/blobs/uploads/', anonymous)).toBe(401)
  })

  it('A policy that allows everything to everyone gives anonymous clients only pulls', async () => {
    const Statement = [{ Effect: 'Allow', Principal: '*', Action: 'ecr:*' }]
    await setPolicy(JSON.stringify({ Version: '2012-10-17', Statement }))
    expect(await pull()).toBe(200)
    expect(await statusOf(running, 'POST', '/v2/app/blobs/uploads/', anonymous)).toBe(401)
    expect(await statusOf(running, 'DELETE', '/v2/app/manifests/v1', anonymous)).toBe(401)
  })

  it('Strict mode refuses a wrong password and remembers the reason', async () => {
    const hintOf = async (authorization: string, host = ecrHost()) => {
      const { status, headers } = await running.send('GET', '/v2/', { headers: { authorization, host } })
      expect(status).toBe(401)
      return running.deps.decisions.find(String(headers['x-amzn-requestid']))?.end?.hint
    }
    expect(await hintOf(basic('any password'))).toContain('The password is not a token of this installation')
    expect(await hintOf(basic('x', 'me'))).toBe('The user name must be AWS, not me')
    expect(await hintOf(basic('', ''))).toBe('The user name must be AWS, not empty')
    const elsewhere = `${registry.account}.dkr.ecr.eu-west-1.localhost`
    expect(await hintOf(running.tokenOf(), elsewhere)).toContain('is a token for us-east-1')
    expect(await hintOf(running.tokenOf(userOf('gone')))).toContain('user/gone is no longer in the configuration')
    expect(running.deps.decisions.latestRefused(20).length).toBeGreaterThanOrEqual(4)
  })
})
