import { BatchDeleteImageCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { imageChangesTask } from '../../src/background/image-changes.js'
import { imageEvents } from '../../src/background/image-events.js'
import type { ImageActionEvent, RecordedEvent } from '../../src/registry/events.js'
import { eventLog } from '../../src/registry/event-log.js'
import type { ImageChange } from '../../src/registry/images/image-change.js'
import { imageChangeKey, recordImageChange } from '../../src/registry/images/record-image-change.js'
import { installation } from '../../src/registry/registry.js'
import { account, now, region, startEmulator } from '../support/emulator.js'
import { createRepository, pushImage } from '../support/push.js'

const registry = { account, region }
const pushed: ImageChange = {
  action: 'PUSH',
  repository: 'app',
  digest: `sha256:${'a'.repeat(64)}`,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  tags: ['v1'],
  at: now.getTime(),
  cause: 'request',
}

/** All events after this change was passed on. */
async function eventsOf({ deps }: Awaited<ReturnType<typeof startEmulator>>, change: ImageChange) {
  await imageEvents({ events: eventLog(deps) })(registry, change)
  return (await deps.store.events.list(installation, { limit: 10 })).items
}

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

  it('A change that is passed on twice because of an interruption is one event', async () => {
    await using emulator = await startEmulator()
    const { ecr, deps } = emulator
    await createRepository(ecr, 'app')
    await pushImage(ecr, 'app', { imageTag: 'v1' })
    const [change] = (await deps.store.imageChanges.list(registry, { limit: 1 })).items
    const sink = { name: 'file', takes: () => true } as const
    const task = imageChangesTask(deps, [imageEvents({ events: eventLog({ ...deps, sinks: [sink] }) })])
    await task.run(uninterrupted)
    await deps.store.imageChanges.put(registry, imageChangeKey(change!), change!)
    await task.run(uninterrupted)

    expect((await deps.store.events.list(installation, { limit: 10 })).items).toHaveLength(1)
    expect((await deps.store.undeliveredEvents.list(installation, { limit: 10 })).items).toHaveLength(1)
  })

  it('Pushes of one image in one millisecond are different changes if any of their tags differ', async () => {
    await using emulator = await startEmulator()
    const { store } = emulator.deps
    for (const tags of [['v1', 'v1.0'], ['v1', 'stable'], ['v1'], []])
      await recordImageChange(store, registry, pushed, { action: 'PUSH', tags, at: pushed.at, cause: 'request' })
    const { items } = await store.imageChanges.list(registry, { limit: 10 })
    expect(new Set(items.map(({ tags }) => tags.join(' ')))).toEqual(new Set(['v1 v1.0', 'v1 stable', 'v1', '']))
  })

  it('A change of a manifest that refers to another image is an ECR Referrer Action', async () => {
    await using emulator = await startEmulator()
    const subject = `sha256:${'b'.repeat(64)}`
    const [event] = await eventsOf(emulator, { ...pushed, subject, artifactType: 'text/sbom+json' })
    expect(event).toMatchObject({
      'detail-type': 'ECR Referrer Action',
      resources: [],
      detail: { 'action-type': 'PUSH', 'artifact-media-type': 'text/sbom+json', 'image-tag': 'v1' },
    })
  })

  it('A restored image is one event without a tag, with the time at which it became active', async () => {
    await using emulator = await startEmulator()
    const activatedAt = now.getTime() - 1000
    const restored = { action: 'UPDATE_STORAGE_CLASS', targetStorageClass: 'STANDARD', activatedAt } as const
    expect(await eventsOf(emulator, { ...pushed, ...restored, tags: ['v1', 'v2'] })).toMatchObject([
      {
        'detail-type': 'ECR Image Action',
        resources: [],
        detail: {
          result: 'SUCCESS',
          'repository-name': 'app',
          'image-digest': pushed.digest,
          'action-type': 'UPDATE_STORAGE_CLASS',
          'manifest-media-type': pushed.mediaType,
          'target-storage-class': 'STANDARD',
          'last-activated-at': '2026-01-02T03:04:04.678Z',
        },
      },
    ])
  })

  it('Each tag of a change is an event of its own, and a change without tags is one event', async () => {
    await using emulator = await startEmulator()
    const events = await eventsOf(emulator, { ...pushed, tags: ['v1', 'v2'] })
    const untagged = await eventsOf(emulator, { ...pushed, action: 'DELETE', tags: [] })
    const tagOf = ({ detail }: RecordedEvent) => (detail as ImageActionEvent['detail'])['image-tag']
    expect(events.map(tagOf).sort()).toEqual(['v1', 'v2'])
    expect(untagged.filter((event) => tagOf(event) === undefined)).toHaveLength(1)
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
