import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { warmUp } from '../../src/compose/warm-up.js'
import { storeOf } from '../../src/store/store-of.js'

const registry = { account: '123456789012', region: 'us-east-1' }
const rule = { ecrRepositoryPrefix: 'hub', upstreamRegistryUrl: 'registry-1.docker.io', createdAt: 0, updatedAt: 0 }

describe('What a pull from an upstream needs', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const given = () => {
    const store = storeOf(memoryKeyValue())
    const load = vi.fn(async () => {})
    const closing: (() => Promise<void>)[] = []
    return { store, load, closing, start: () => warmUp(load, store, closing) }
  }

  it('The upstream client is loaded at the start if a registry has a rule', async () => {
    const { store, load, start } = given()
    await store.rules.put(registry, 'hub', rule)
    start()
    await vi.advanceTimersByTimeAsync(1000)
    expect(load).toHaveBeenCalledTimes(1)
  })

  it('The upstream client is not loaded while there is no rule, whatever else is written', async () => {
    const { load, start } = given()
    start()('images')
    await vi.advanceTimersByTimeAsync(1000)
    expect(load).not.toHaveBeenCalled()
  })

  it('The upstream client is loaded after the answer to the request that creates a rule, not before', async () => {
    const { load, start } = given()
    start()('rules')
    expect(load).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1000)
    expect(load).toHaveBeenCalledTimes(1)
  })

  it('A close before the upstream client is loaded leaves it unloaded, and reads nothing more of the store', async () => {
    const { store, load, closing, start } = given()
    await store.rules.put(registry, 'hub', rule)
    start()('rules')
    for (const close of closing) await close()
    await vi.advanceTimersByTimeAsync(1000)
    expect(load).not.toHaveBeenCalled()
  })
})
