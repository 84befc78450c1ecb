import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { afterEach, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import { storeOf } from '../../src/store/store-of.js'
import { startEmulator } from '../support/emulator.js'
import { createRepository } from '../support/push.js'
import { startRegistry } from '../support/registry.js'

const { stackTraceLimit } = Error
afterEach(() => void (Error.stackTraceLimit = stackTraceLimit))

/** A store that records, for each read, the functions of `src` on its stack, the innermost first. */
function stackedStore() {
  const reads: { collection: string; frames: string[] }[] = []
  const keyValue = memoryKeyValue()
  const record = (collection: string) => {
    Error.stackTraceLimit = Infinity
    const lines = (new Error().stack ?? '').split('\n')
    reads.push({ collection, frames: lines.filter((line) => line.includes('/src/')) })
  }
  const watched: KeyValue = {
    ...keyValue,
    get(place) {
      record(place.collection)
      return keyValue.get(place)
    },
    list(registry, collection, range) {
      record(collection)
      return keyValue.list(registry, collection, range)
    },
  }
  /** The frames of the last read of a collection. */
  const framesTo = (collection: string) => reads.findLast((read) => read.collection === collection)?.frames ?? []
  return { store: storeOf(watched), framesTo, forget: () => void (reads.length = 0) }
}

it('DescribeRepositories reaches the store through few functions', async () => {
  const { store, framesTo } = stackedStore()
  await using emulator = await startEmulator({ store })
  await createRepository(emulator.ecr, 'team/app')
  await emulator.ecr.send(new DescribeRepositoriesCommand({}))
  const frames = framesTo('repositories')
  expect(frames.length, frames.join('\n')).toBeLessThanOrEqual(6)
})

it('The pull of a cached manifest reaches the store through few functions', async () => {
  const { store, framesTo, forget } = stackedStore()
  await using registry = await startRegistry({ store })
  await registry.createRepository('team/app')
  await registry.push('team/app', { tag: 'v1' })
  forget()
  expect((await registry.send('GET', '/v2/team/app/manifests/v1')).status).toBe(200)
  const frames = framesTo('tags')
  expect(frames.length, frames.join('\n')).toBeLessThanOrEqual(8)
})
