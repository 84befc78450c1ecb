import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DeleteLifecyclePolicyCommand,
  DescribeImagesCommand,
  GetLifecyclePolicyCommand,
  PutImageCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { imageChangesTask } from '../../src/background/image-changes.js'
import { imageEvents } from '../../src/background/image-events.js'
import { lifecycleTask } from '../../src/background/lifecycle/lifecycle-task.js'
import { eventLog } from '../../src/registry/event-log.js'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import type { LifecycleRule } from '../../src/registry/lifecycle/lifecycle-rule.js'
import { keyOf, type Store } from '../../src/registry/ports/store.js'
import { installation } from '../../src/registry/registry.js'
import { account, now, region, startEmulator } from '../support/emulator.js'
import { createRepository, type Pushed, pushImage, pushIndex } from '../support/push.js'

const repositoryName = 'team/app'
const registry = { account, region }
const DAY = 24 * 60 * 60

/** A rule for images older than a number of days. */
const olderThan = (days: number, tagStatus: 'any' | 'untagged' = 'any', rulePriority = 1): LifecycleRule => ({
  rulePriority,
  selection: { tagStatus, countType: 'sinceImagePushed', countNumber: days },
  action: { type: 'expire' },
})
const keeping = (count: number, rulePriority = 1): LifecycleRule => ({
  rulePriority,
  selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: count },
  action: { type: 'expire' },
})
const notPulledFor = (days: number): LifecycleRule => ({
  rulePriority: 1,
  selection: { tagStatus: 'any', countType: 'sinceImagePulled', countNumber: days },
  action: { type: 'transition' },
})

/** The text of a policy, with what each count type and action needs besides. */
const policyOf = (...rules: LifecycleRule[]) =>
  JSON.stringify({
    rules: rules.map((rule) => ({
      ...rule,
      description: 'a rule of a spec that is long enough',
      selection: { ...rule.selection, ...(rule.selection.countType.startsWith('since') && { countUnit: 'days' }) },
      action: { ...rule.action, ...(rule.action.type === 'transition' && { targetStorageClass: 'archive' }) },
    })),
  })

async function startWithRepository(lifecycle = { intervalSeconds: DAY }) {
  const emulator = await startEmulator()
  const { ecr, deps } = emulator
  await createRepository(ecr, repositoryName)
  /** A store that does something else first, when a request of the task is about to be written. */
  const run = (store: Store = deps.store, stopSignal = new AbortController().signal) =>
    lifecycleTask({ ...deps, store, lifecycle }).run(stopSignal)
  return {
    ...emulator,
    run,
    put: (...rules: LifecycleRule[]) =>
      ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: policyOf(...rules) })),
    push: (imageTag?: string, rest = {}) =>
      pushImage(ecr, repositoryName, {
        ...(imageTag !== undefined && { imageTag }),
        rest: { annotations: { name: imageTag ?? JSON.stringify(rest) }, ...rest },
      }),
    lastEvaluatedAt: async () => (await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).lastEvaluatedAt,
    /** The digests and status of all images. */
    images: async () => {
      const { imageDetails = [] } = await ecr.send(
        new DescribeImagesCommand({ repositoryName, filter: { imageStatus: 'ANY' } }),
      )
      return Object.fromEntries(imageDetails.map(({ imageDigest = '', imageStatus }) => [imageDigest, imageStatus]))
    },
  }
}

/** A referrer of an image, such as a signature. */
const referrerOf = ({ digest, manifest }: Pushed, name: string) => ({
  subject: { mediaType: mediaTypes.ociManifest, digest, size: manifest.length },
  artifactType: `application/${name}`,
})

const active = (...images: Pushed[]) => Object.fromEntries(images.map(({ digest }) => [digest, 'ACTIVE']))

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
    const kept = await emulator.push('b')
    await emulator.deps.clock.advance(1)
    await emulator.put(keeping(1))
    await emulator.deps.clock.advance(60)
    await emulator.run()
    expect(Object.keys(await emulator.images())).toHaveLength(1)
    expect(kept.digest).toMatch(/^sha256:/)
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
    expect((await deps.store.departedSubjects.list(registry, { limit: 1 })).items).toEqual([])
  })
})

/** A store that does something before each transaction of the task. */
const interrupting = (store: Store, before: () => Promise<unknown>): Store => ({
  ...store,
  transact: async (inRegistry, work) => {
    await before()
    return store.transact(inRegistry, work)
  },
})

/** Runs something once, whenever it is called first. */
function once(work: () => Promise<unknown>) {
  let isDone = false
  return async () => {
    if (isDone) return
    isDone = true
    await work()
  }
}

describe('What changes while a lifecycle policy is carried out', () => {
  it('protects an image that is tagged so that no rule selects it', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps, ecr } = emulator
    const image = await push()
    await put(olderThan(1, 'untagged'))
    await deps.clock.advance(2 * DAY)
    const tag = new PutImageCommand({ repositoryName, imageManifest: image.manifest, imageTag: 'v1' })
    await run(
      interrupting(
        deps.store,
        once(() => ecr.send(tag)),
      ),
    )
    expect(await images()).toEqual(active(image))
  })

  it('protects an image that is pulled, if the rule is about pulls', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps, ecr } = emulator
    const image = await push('v1')
    await put(notPulledFor(30))
    await deps.clock.advance(40 * DAY)
    const pull = new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] })
    await run(
      interrupting(
        deps.store,
        once(() => ecr.send(pull)),
      ),
    )
    expect(await images()).toEqual(active(image))
  })

  it('protects an image that is put into an index', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps, ecr } = emulator
    const image = await push()
    await put(olderThan(1, 'untagged'))
    await deps.clock.advance(2 * DAY)
    const pushed: Pushed[] = []
    const pushing = once(async () => pushed.push(await pushIndex(ecr, repositoryName, [image], 'v1')))
    await run(interrupting(deps.store, pushing))
    expect(await images()).toEqual(active(image, ...pushed))
  })

  it.each([
    ['is archived', notPulledFor(30), 40],
    ['expires', olderThan(30), 40],
  ])('protects an image that an index lists since, which otherwise %s', async (_, rule, days) => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps, ecr } = emulator
    const image = await push('v1')
    await put(rule)
    await deps.clock.advance(days * DAY)
    const pushed: Pushed[] = []
    const pushing = once(async () => pushed.push(await pushIndex(ecr, repositoryName, [image], 'multi')))
    await run(interrupting(deps.store, pushing))
    expect(await images()).toEqual(active(image, ...pushed))
  })

  it.each([
    [
      'is deleted',
      (ecr: Awaited<ReturnType<typeof startEmulator>>['ecr']) =>
        ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName })),
    ],
    [
      'is replaced',
      (ecr: Awaited<ReturnType<typeof startEmulator>>['ecr']) =>
        ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: policyOf(olderThan(100)) })),
    ],
  ])('ends the run if the policy %s', async (_, change) => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps, ecr } = emulator
    await push('a')
    await push('b')
    await put(olderThan(1))
    await deps.clock.advance(2 * DAY)
    // After the first image: its deletion is the first transaction.
    await run(
      interrupting(
        deps.store,
        once(() => change(ecr)),
      ),
    )
    expect(Object.keys(await images())).toHaveLength(1)
    const policy = await deps.store.lifecyclePolicies.get(registry, repositoryName)
    expect(policy?.lastEvaluatedAt ?? 0).toBe(0)
  })

  it('does not matter to an image that is deleted meanwhile', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps, ecr } = emulator
    await push('a')
    await put(olderThan(1))
    await deps.clock.advance(2 * DAY)
    const deletion = new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: 'a' }] })
    await run(
      interrupting(
        deps.store,
        once(() => ecr.send(deletion)),
      ),
    )
    expect(await images()).toEqual({})
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

  it('after an image was deleted and before its signature was still deletes the signature', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps, ecr } = emulator
    const image = await push('v1')
    const kept = await push('v2')
    await push(undefined, referrerOf(image, 'signature'))
    const signature = await push(undefined, referrerOf(kept, 'signature'))
    await put(olderThan(1))
    const departed = { repository: repositoryName, subject: image.digest }
    await deps.store.departedSubjects.put(registry, keyOf(repositoryName, image.digest), departed)
    // The intention about an image that is still there has no effect.
    const other = { repository: repositoryName, subject: kept.digest }
    await deps.store.departedSubjects.put(registry, keyOf(repositoryName, kept.digest), other)
    await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: image.digest }] }))

    await run()
    expect(await images()).toEqual(active(kept, signature))
    expect((await deps.store.departedSubjects.list(registry, { limit: 1 })).items).toEqual([])
  })
})
