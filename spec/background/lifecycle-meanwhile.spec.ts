import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DeleteLifecyclePolicyCommand,
  type ECRClient,
  PutImageCommand,
  PutLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import {
  active,
  DAY,
  interrupting,
  notPulledFor,
  olderThan,
  once,
  policyOf,
  referrerOf,
  registry,
  repositoryName,
  startWithRepository,
} from '../support/lifecycle.js'
import { type Pushed, pushIndex } from '../support/push.js'

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
    ['is deleted', (ecr: ECRClient) => ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }))],
    [
      'is replaced',
      (ecr: ECRClient) =>
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

  it('does not leave a signature that is pushed meanwhile behind', async () => {
    await using emulator = await startWithRepository()
    const { run, put, push, images, deps } = emulator
    const image = await push('v1')
    await put(olderThan(1))
    await deps.clock.advance(2 * DAY)
    await run(
      interrupting(
        deps.store,
        once(() => push(undefined, referrerOf(image, 'signature'))),
      ),
    )
    expect(await images()).toEqual({})
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
