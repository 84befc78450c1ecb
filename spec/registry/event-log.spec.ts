import { describe, expect, it } from 'vitest'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import type { CacheEvent } from '../../src/registry/events.js'
import { eventLog } from '../../src/registry/event-log.js'
import { installation } from '../../src/registry/registry.js'
import { now, registry, registryWith } from '../support/stocked-store.js'

const rule = { ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' }
const action = {
  registry,
  repository: 'quay/app',
  rule,
  action: 'check',
  status: 'SUCCESS',
  outcome: 'unchanged',
} as const

describe('event log', () => {
  it('A cache event names the service-linked role as its principal', async () => {
    const { store } = await registryWith('quay/app')
    await eventLog({ store, ids: randomIds }).cacheAction(action, now)

    const [event] = (await store.events.list(installation, { limit: 1 })).items
    expect((event as CacheEvent | undefined)?.detail.principal).toBe(
      `arn:aws:iam::${registry.account}:role/aws-service-role/pullthroughcache.ecr.amazonaws.com/AWSServiceRoleForECRPullThroughCache`,
    )
  })

  it('The first event that a process records removes the oldest events beyond the limit', async () => {
    const { store } = await registryWith('quay/app')
    await eventLog({ store, ids: randomIds }).cacheAction(action, now)
    const [event] = (await store.events.list(installation, { limit: 1 })).items
    for (let n = 0; n < 10_000; n++) await store.events.put(installation, `2025 ${String(n).padStart(5, '0')}`, event!)
    await store.events.put(installation, '2025 00000', { ...event!, time: '2025', id: '00000' })

    await eventLog({ store, ids: randomIds }).cacheAction(action, new Date(now.getTime() + 1))

    expect(await store.events.get(installation, '2025 00000')).toBeUndefined()
  })
})
