import { BatchDeleteImageCommand, BatchGetImageCommand, DescribeImagesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { imageChangesTask } from '../../src/background/image-changes.js'
import { imageEvents } from '../../src/background/image-events.js'
import { eventLog } from '../../src/registry/event-log.js'
import { changeStorageClass } from '../../src/registry/images/storage-class-change.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { installation } from '../../src/registry/registry.js'
import { now } from '../support/emulator.js'
import {
  active,
  DAY,
  interrupting,
  keeping,
  notPulledFor,
  olderThan,
  referrerOf,
  registry,
  repositoryName,
  startWithRepository,
} from '../support/lifecycle.js'
import { createRepository, type Pushed, pushImage, pushIndex } from '../support/push.js'

describe('Lifecycle policies are evaluated', () => {
  it('24 hours after they were put, and every 24 hours from then on', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, lastEvaluatedAt, deps } = emulator
    const [a, b, c] = [await push('a'), await push('b'), await push('c')]
    await put(olderThan(1))
    await deps.clock.advance(DAY - 1)
    await run()
    expect(await images()).toEqual(active(a, b, c))
    expect(await lastEvaluatedAt()).toEqual(new Date(0))

    await deps.clock.advance(1)
    await run()
    // The images are exactly a day old, and not older.
    expect(await images()).toEqual(active(a, b, c))
    expect(await lastEvaluatedAt()).toEqual(new Date(now.getTime() + DAY * 1000))

    await deps.clock.advance(DAY - 1)
    await run()
    expect(await images()).toEqual(active(a, b, c))
    await deps.clock.advance(1)
    await run()
    expect(await images()).toEqual({})
    expect(await lastEvaluatedAt()).toEqual(new Date(now.getTime() + 2 * DAY * 1000))
  })

  it('after the interval of the configuration', async () => {
    await using emulator = await startWithRepository({ intervalSeconds: 60 })
    await emulator.push('a')
    await emulator.push('b')
    await emulator.deps.clock.advance(1)
    await emulator.put(keeping(1))
    await emulator.deps.clock.advance(60)
    await emulator.run()
    expect(Object.keys(await emulator.images())).toHaveLength(1)
  })

  it('only if one is due, or referrers have still to follow an image', async () => {
    await using emulator = await startWithRepository()
    const { isDue, put, run, deps } = emulator
    expect(await isDue()).toBe(false)
    await put(olderThan(1))
    expect(await isDue()).toBe(false)
    await deps.clock.advance(DAY)
    expect(await isDue()).toBe(true)
    await run()
    expect(await isDue()).toBe(false)
    const followUp = { repository: repositoryName, subject: 'sha256:gone' }
    await deps.store.lifecycleFollowUps.put(registry, keyOf(repositoryName, followUp.subject), followUp)
    expect(await isDue()).toBe(true)
    await run()
    expect(await isDue()).toBe(false)
  })

  it('in each registry, on its own images', async () => {
    await using emulator = await startWithRepository()
    const other = emulator.as('AKIDEXAMPLE', 'eu-west-1')
    await createRepository(other, repositoryName)
    await pushImage(other, repositoryName, { imageTag: 'other' })
    await emulator.push('a')
    await emulator.put(olderThan(1))
    await emulator.deps.clock.advance(2 * DAY)
    await emulator.run()
    expect(await emulator.images()).toEqual({})
    expect((await other.send(new DescribeImagesCommand({ repositoryName }))).imageDetails).toHaveLength(1)
  })

  it('although the policy of another repository cannot be carried out', async () => {
    await using emulator = await startWithRepository()
    await createRepository(emulator.ecr, 'broken')
    const broken = { repository: 'broken', text: 'not JSON', putAt: 0, lastEvaluatedAt: 0 }
    await emulator.deps.store.lifecyclePolicies.put(registry, 'broken', broken)
    await emulator.push('a')
    await emulator.put(olderThan(1))
    await emulator.deps.clock.advance(2 * DAY)
    await emulator.run()
    expect(await emulator.images()).toEqual({})
  })
})

describe('Images that a lifecycle policy acts on', () => {
  it('are deleted with events, an index before its images', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps, ecr } = emulator
    const member = await push()
    const index = await pushIndex(ecr, repositoryName, [member], 'v1')
    await imageChangesTask(deps, []).run(new AbortController().signal)
    await put(olderThan(1))
    await deps.clock.advance(2 * DAY)
    await run()
    expect(await images()).toEqual({})

    const changes = (await deps.store.imageChanges.list(registry, { limit: 10 })).items
    expect(new Set(changes.map(({ cause }) => cause))).toEqual(new Set(['lifecycle']))
    await imageChangesTask(deps, [imageEvents({ events: eventLog(deps) })]).run(new AbortController().signal)
    const events = (await deps.store.events.list(installation, { limit: 10 })).items.map(({ detail }) => detail)
    expect(events).toHaveLength(2)
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ 'action-type': 'DELETE', 'image-digest': index.digest, 'image-tag': 'v1' }),
        expect.objectContaining({ 'action-type': 'DELETE', 'image-digest': member.digest }),
      ]),
    )
  })

  it('are archived with events, and their signatures with them', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps } = emulator
    const image = await push('v1')
    const signature = await push(undefined, referrerOf(image, 'signature'))
    await put(notPulledFor(30))
    await deps.clock.advance(31 * DAY)
    await run()
    expect(await images()).toEqual({ [image.digest]: 'ARCHIVED', [signature.digest]: 'ARCHIVED' })
    const changes = (await deps.store.imageChanges.list(registry, { limit: 10 })).items
    const archived = changes.filter(({ action }) => action === 'UPDATE_STORAGE_CLASS')
    expect(archived.map(({ cause, targetStorageClass }) => [cause, targetStorageClass])).toEqual([
      ['lifecycle', 'ARCHIVE'],
      ['lifecycle', 'ARCHIVE'],
    ])
  })

  it('are not archived if they were pulled by BatchGetImage', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps, ecr } = emulator
    const image = await push('v1')
    await put(notPulledFor(30))
    await deps.clock.advance(20 * DAY)
    await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }))
    await deps.clock.advance(20 * DAY)
    await run()
    expect(await images()).toEqual(active(image))
  })

  it('take their referrers with them, and those of their referrers', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps } = emulator
    const image = await push('v1')
    await deps.clock.advance(2 * DAY)
    const kept = await push('v2')
    const signature = await push(undefined, referrerOf(image, 'signature'))
    await push(undefined, referrerOf(signature, 'countersignature'))
    const otherSignature = await push(undefined, referrerOf(kept, 'signature'))
    await put(keeping(1))
    await deps.clock.advance(DAY)
    await run()
    expect(await images()).toEqual(active(kept, otherSignature))
    expect((await deps.store.lifecycleFollowUps.list(registry, { limit: 1 })).items).toEqual([])
  })
})

describe('A lifecycle run that is interrupted', () => {
  it('goes on in the next run, and keeps what should stay', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps, lastEvaluatedAt } = emulator
    const pushed: Pushed[] = []
    for (const tag of ['a', 'b', 'c', 'd']) {
      pushed.push(await push(tag))
      await deps.clock.advance(60)
    }
    await put(keeping(1))
    await deps.clock.advance(DAY)
    let transactions = 0
    const stopping = new AbortController()
    await run(
      interrupting(deps.store, async () => void (++transactions === 2 && stopping.abort())),
      stopping.signal,
    )
    expect(Object.keys(await images())).toHaveLength(2)
    expect(await lastEvaluatedAt()).toEqual(new Date(0))

    await run()
    expect(await images()).toEqual(active(pushed[3]!))
    expect((await lastEvaluatedAt())?.getTime()).toBeGreaterThan(now.getTime())
  })

  it('after an image was deleted or archived still lets its signature follow', async () => {
    await using emulator = await startWithRepository()
    const { run, push, images, deps, ecr } = emulator
    const [image, archived, kept] = [await push('v1'), await push('v2'), await push('v3')]
    await push(undefined, referrerOf(image, 'signature'))
    const ofArchived = await push(undefined, referrerOf(archived, 'signature'))
    const ofKept = await push(undefined, referrerOf(kept, 'signature'))
    for (const { digest: subject } of [image, archived, kept])
      await deps.store.lifecycleFollowUps.put(registry, keyOf(repositoryName, subject), {
        repository: repositoryName,
        subject,
      })
    await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: image.digest }] }))
    const target = { class: 'ARCHIVE' } as const
    const archiving = { repository: repositoryName, digest: archived.digest, target, now, cause: 'request' } as const
    await changeStorageClass(deps, registry, archiving)

    await run()
    expect(await images()).toEqual({
      ...active(kept, ofKept),
      [archived.digest]: 'ARCHIVED',
      [ofArchived.digest]: 'ARCHIVED',
    })
    expect((await deps.store.lifecycleFollowUps.list(registry, { limit: 1 })).items).toEqual([])
  })
})
