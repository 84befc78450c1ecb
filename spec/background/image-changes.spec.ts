import { BatchDeleteImageCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { imageChangesTask } from '../../src/background/image-changes.js'
import { imageEvents } from '../../src/background/image-events.js'
import { eventLog } from '../../src/registry/event-log.js'
import type { ImageChange } from '../../src/registry/images/image-change.js'
import { installation } from '../../src/registry/registry.js'
import { account, now, region, startEmulator } from '../support/emulator.js'
import { createRepository, pushImage } from '../support/push.js'

const registry = { account, region }
const uninterrupted = new AbortController().signal

describe('changes of images', () => {
  it('A push and a deletion become EventBridge events, and are then no longer stored', async () => {
    await using emulator = await startEmulator()
    const { ecr, deps } = emulator
    await createRepository(ecr, 'app')
    const { digest } = await pushImage(ecr, 'app', { imageTag: 'v1' })
    await deps.clock.advance(1)
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'v1' }] }))

    await imageChangesTask(deps, [imageEvents({ events: eventLog(deps) })]).run(uninterrupted)

    const { items } = await deps.store.events.list(installation, { limit: 10 })
    const facts = { 'repository-name': 'app', 'image-digest': digest, 'image-tag': 'v1', result: 'SUCCESS' }
    const later = new Date(now.getTime() + 1000)
    expect(items.map((event) => [event['detail-type'], event.time, event.detail])).toMatchObject([
      ['ECR Image Action', now.toISOString(), { ...facts, 'action-type': 'PUSH' }],
      ['ECR Image Action', later.toISOString(), { ...facts, 'action-type': 'DELETE' }],
    ])
    expect((await deps.store.imageChanges.list(registry, { limit: 1 })).items).toEqual([])
  })

  it('A change whose reaction fails is passed on again in the next run', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr, 'app')
    await pushImage(emulator.ecr, 'app', { imageTag: 'v1' })
    const received: ImageChange[] = []
    let fails = true
    const react = async (_: unknown, change: ImageChange) => {
      received.push(change)
      if (fails) throw new Error('interrupted')
    }

    await expect(imageChangesTask(emulator.deps, [react]).run(uninterrupted)).rejects.toThrow('interrupted')
    fails = false
    await imageChangesTask(emulator.deps, [react]).run(uninterrupted)

    expect(received.map(({ action, tags }) => [action, tags])).toEqual([
      ['PUSH', ['v1']],
      ['PUSH', ['v1']],
    ])
  })
})
