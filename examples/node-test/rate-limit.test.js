import { CreatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr'
import { startEcrLocal } from 'ecr-local'
import assert from 'node:assert/strict'
import { test } from 'node:test'

test('what is cached can be pulled while the upstream limits requests', async (context) => {
  const ecrLocal = await startEcrLocal()
  context.after(() => ecrLocal.stop())
  const { upstream } = ecrLocal
  const rule = { ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' }
  await ecrLocal.client().send(new CreatePullThroughCacheRuleCommand(rule))
  const pull = async (tag) => {
    const { username, password } = await ecrLocal.login()
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    return fetch(`http://${ecrLocal.registry}/v2/quay/app/server/manifests/${tag}`, { headers: { authorization } })
  }

  const image = upstream.image('app/server', 'v1')
  assert.equal((await pull('v1')).headers.get('docker-content-digest'), image.digest)

  upstream.rateLimit({ retryAfter: 60 })
  await ecrLocal.advance('24h')
  const again = await pull('v1')
  assert.equal(again.status, 200)
  assert.equal(again.headers.get('docker-content-digest'), image.digest)
  assert.ok(upstream.count({ status: 429 }) > 0)
})
