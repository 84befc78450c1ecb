import {
  BatchDeleteImageCommand,
  DeleteRepositoryCommand,
  GetLifecyclePolicyPreviewCommand,
  type GetLifecyclePolicyPreviewRequest,
  paginateGetLifecyclePolicyPreview,
  PutImageCommand,
  PutLifecyclePolicyCommand,
  StartLifecyclePolicyPreviewCommand,
  waitUntilLifecyclePolicyPreviewComplete,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { lifecyclePreviewTask } from '../../../src/background/lifecycle/lifecycle-preview-task.js'
import { changeStorageClass } from '../../../src/registry/images/storage-class-change.js'
import { StoreUnavailable } from '../../../src/registry/ports/key-value.js'
import type { Store } from '../../../src/registry/ports/store.js'
import { account, now, region, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage } from '../../support/push.js'

const repositoryName = 'team/app'
const registry = { account, region }
const DAY = 24 * 60 * 60

const expireOlderThan = (countNumber: number) => ({
  rulePriority: 7,
  selection: { tagStatus: 'any', countType: 'sinceImagePushed', countUnit: 'days', countNumber },
  action: { type: 'expire' },
})
const archiveDev = {
  rulePriority: 3,
  description: 'development images',
  selection: {
    tagStatus: 'tagged',
    tagPatternList: ['dev*'],
    countType: 'sinceImagePushed',
    countUnit: 'days',
    countNumber: 1,
  },
  action: { type: 'transition', targetStorageClass: 'archive' },
}
const textOf = (...rules: object[]) => JSON.stringify({ rules })

async function startWithRepository() {
  const emulator = await startEmulator()
  const { ecr, deps } = emulator
  await createRepository(ecr, repositoryName)
  const uninterrupted = new AbortController().signal
  return {
    ...emulator,
    start: (lifecyclePolicyText?: string) =>
      ecr.send(
        new StartLifecyclePolicyPreviewCommand({ repositoryName, ...(lifecyclePolicyText && { lifecyclePolicyText }) }),
      ),
    get: (request: Partial<GetLifecyclePolicyPreviewRequest> = {}) =>
      ecr.send(new GetLifecyclePolicyPreviewCommand({ repositoryName, ...request })),
    compute: (store: Store = deps.store, stopSignal = uninterrupted) =>
      lifecyclePreviewTask({ ...deps, store }).run(stopSignal),
    push: (imageTag?: string) =>
      pushImage(ecr, repositoryName, {
        ...(imageTag !== undefined && { imageTag }),
        rest: { annotations: { name: imageTag ?? 'untagged' } },
      }),
  }
}

describe('A preview of a lifecycle policy', () => {
  it('is in progress until it is computed, and then has results and a summary', async () => {
    await using emulator = await startWithRepository()
    const { start, get, compute, push, deps } = emulator
    const [dev, old, untagged] = [await push('dev-1'), await push('v1'), await push()]
    await deps.clock.advance(2 * DAY)
    await push('v2')
    const text = textOf(archiveDev, expireOlderThan(1))
    const facts = { registryId: account, repositoryName, lifecyclePolicyText: text }

    expect(await start(text)).toMatchObject({ ...facts, status: 'IN_PROGRESS' })
    const inProgress = await get()
    expect(inProgress).toMatchObject({ ...facts, status: 'IN_PROGRESS' })
    expect(inProgress.previewResults).toBeUndefined()
    expect(inProgress.summary).toBeUndefined()

    await compute()
    const { previewResults, ...rest } = await get()
    expect(rest).toMatchObject({
      ...facts,
      status: 'COMPLETE',
      summary: {
        expiringImageTotalCount: 2,
        transitioningImageTotalCounts: [{ targetStorageClass: 'ARCHIVE', imageTotalCount: 1 }],
      },
    })
    const common = { imagePushedAt: now, storageClass: 'STANDARD' }
    const byDigest = (a: { imageDigest?: string }, b: { imageDigest?: string }) =>
      (a.imageDigest ?? '') < (b.imageDigest ?? '') ? -1 : 1
    const toArchive = { type: 'TRANSITION', targetStorageClass: 'ARCHIVE' }
    expect(previewResults).toEqual(
      [
        { ...common, imageDigest: dev.digest, imageTags: ['dev-1'], action: toArchive, appliedRulePriority: 3 },
        { ...common, imageDigest: old.digest, imageTags: ['v1'], action: { type: 'EXPIRE' }, appliedRulePriority: 7 },
        { ...common, imageDigest: untagged.digest, imageTags: [], action: { type: 'EXPIRE' }, appliedRulePriority: 7 },
      ].sort(byDigest),
    )
  })

  it('tries the policy of the repository if none is given, and changes nothing', async () => {
    await using emulator = await startWithRepository()
    const { start, get, compute, push, deps, ecr } = emulator
    await push('v1')
    const lifecyclePolicyText = textOf(expireOlderThan(1))
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))
    await deps.clock.advance(2 * DAY)
    expect(await start()).toMatchObject({ lifecyclePolicyText })
    await compute()
    expect((await get()).summary).toEqual({ expiringImageTotalCount: 1 })
    expect((await deps.store.images.list(registry, { limit: 10 })).items).toHaveLength(1)
    const policy = await deps.store.lifecyclePolicies.get(registry, repositoryName)
    expect(policy?.lastEvaluatedAt).toBe(0)
  })

  it('says that nothing would be done', async () => {
    await using emulator = await startWithRepository()
    await emulator.push('v1')
    await emulator.start(textOf(expireOlderThan(1)))
    await emulator.compute()
    expect(await emulator.get()).toMatchObject({
      status: 'COMPLETE',
      previewResults: [],
      summary: { expiringImageTotalCount: 0 },
    })
  })

  it('shows images in the archive with their storage class', async () => {
    await using emulator = await startWithRepository()
    const { start, get, compute, push, deps } = emulator
    const { digest } = await push('v1')
    const target = { class: 'ARCHIVE' } as const
    await changeStorageClass(deps, registry, {
      repository: repositoryName,
      digest,
      target,
      now,
      cause: 'request',
    })
    await deps.clock.advance(91 * DAY)
    const selection = { tagStatus: 'any', storageClass: 'archive', countType: 'sinceImageTransitioned' }
    const rule = { ...expireOlderThan(90), selection: { ...selection, countUnit: 'days', countNumber: 90 } }
    await start(textOf(rule))
    await compute()
    expect((await get()).previewResults).toMatchObject([{ imageDigest: digest, storageClass: 'ARCHIVE' }])
  })

  it('is replaced by the next one, of which it leaves no results', async () => {
    await using emulator = await startWithRepository()
    const { start, get, compute, push, deps } = emulator
    await push('dev-1')
    const kept = await push('v1')
    await deps.clock.advance(2 * DAY)
    await start(textOf(archiveDev))
    await compute()
    expect((await get()).previewResults).toHaveLength(1)
    await start(textOf(archiveDev, expireOlderThan(1)).replaceAll('dev*', 'none*'))
    expect((await get()).previewResults).toBeUndefined()
    await compute()
    const { previewResults = [] } = await get()
    expect(previewResults.map(({ action }) => action?.type)).toEqual(['EXPIRE', 'EXPIRE'])
    expect(previewResults.map(({ imageDigest }) => imageDigest)).toContain(kept.digest)
  })

  it('is EXPIRED after 24 hours, without results, and another one can be started', async () => {
    await using emulator = await startWithRepository()
    const { start, get, compute, push, deps } = emulator
    await push('v1')
    await deps.clock.advance(2 * DAY)
    await start(textOf(expireOlderThan(1)))
    await compute()
    await deps.clock.advance(DAY - 1)
    expect((await get()).status).toBe('COMPLETE')
    await deps.clock.advance(1)
    const expired = await get()
    expect(expired.status).toBe('EXPIRED')
    expect(expired.previewResults).toBeUndefined()
    expect(await start(textOf(expireOlderThan(1)))).toMatchObject({ status: 'IN_PROGRESS' })
  })

  it('is FAILED if it cannot be computed, and another one can be started', async () => {
    await using emulator = await startWithRepository()
    const { start, get, compute, deps } = emulator
    await start(textOf(expireOlderThan(1)))
    const broken = () => Promise.reject(new Error('a damaged record'))
    await compute({ ...deps.store, images: { ...deps.store.images, list: broken } })
    const failed = await get()
    expect(failed.status).toBe('FAILED')
    expect(failed.previewResults).toBeUndefined()
    await start(textOf(expireOlderThan(1)))
    await compute()
    expect((await get()).status).toBe('COMPLETE')
  })

  it('goes on after an interruption, and while the store was unavailable', async () => {
    await using emulator = await startWithRepository()
    const { start, get, compute, push, deps } = emulator
    await push('v1')
    await deps.clock.advance(2 * DAY)
    await start(textOf(expireOlderThan(1)))
    const unavailable = () => Promise.reject(new StoreUnavailable('no answer'))
    await expect(compute({ ...deps.store, images: { ...deps.store.images, list: unavailable } })).rejects.toThrow(
      StoreUnavailable,
    )
    const stopping = new AbortController()
    const stopWhileListing: Store['images']['list'] = async (...page) => {
      stopping.abort()
      return deps.store.images.list(...page)
    }
    await compute({ ...deps.store, images: { ...deps.store.images, list: stopWhileListing } }, stopping.signal)
    expect((await get()).status).toBe('IN_PROGRESS')
    await compute()
    expect((await get()).summary).toEqual({ expiringImageTotalCount: 1 })
  })

  it('is deleted with its repository, and the results with their images', async () => {
    await using emulator = await startWithRepository()
    const { start, get, compute, push, deps, ecr } = emulator
    await push('v1')
    const gone = await push('v2')
    await deps.clock.advance(2 * DAY)
    await start(textOf(expireOlderThan(1)))
    await compute()
    await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: gone.digest }] }))
    expect((await get()).previewResults).toHaveLength(1)
    await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }))
    await createRepository(ecr, repositoryName)
    await expect(get()).rejects.toMatchObject({ name: 'LifecyclePolicyPreviewNotFoundException' })
    expect((await deps.store.lifecyclePreviewResults.list(registry, { limit: 1 })).items).toEqual([])
  })

  it('completes for the waiter of the SDK', async () => {
    await using emulator = await startWithRepository()
    await emulator.start(textOf(expireOlderThan(1)))
    await emulator.compute()
    const waiter = { client: emulator.ecr, maxWaitTime: 10 }
    expect(await waitUntilLifecyclePolicyPreviewComplete(waiter, { repositoryName })).toMatchObject({
      state: 'SUCCESS',
    })
  })
})

describe('The results of a preview', () => {
  async function previewed(images: number) {
    const emulator = await startWithRepository()
    const pushed = []
    for (let index = 0; index < images; index++) pushed.push(await emulator.push(`v${index}`))
    const untagged = await emulator.push()
    await emulator.deps.clock.advance(2 * DAY)
    const kept = await emulator.push('kept')
    await emulator.start(textOf(expireOlderThan(1)))
    await emulator.compute()
    return { ...emulator, pushed, untagged, kept }
  }

  it('come in pages, with the summary of all', async () => {
    await using emulator = await previewed(6)
    const digests: (string | undefined)[] = []
    const sizes: number[] = []
    const paging = { client: emulator.ecr, pageSize: 3 }
    for await (const { previewResults = [], summary } of paginateGetLifecyclePolicyPreview(paging, {
      repositoryName,
    })) {
      sizes.push(previewResults.length)
      digests.push(...previewResults.map(({ imageDigest }) => imageDigest))
      expect(summary?.expiringImageTotalCount).toBe(7)
    }
    expect(sizes).toEqual([3, 3, 1])
    expect(digests).toEqual([...emulator.pushed, emulator.untagged].map(({ digest }) => digest).sort())
  })

  it.each([
    ['TAGGED', 2],
    ['UNTAGGED', 1],
    ['ANY', 3],
  ] as const)('are filtered by the tag status %s', async (tagStatus, count) => {
    await using emulator = await previewed(2)
    const { previewResults, summary } = await emulator.get({ filter: { tagStatus } })
    expect(previewResults).toHaveLength(count)
    expect(summary).toEqual({ expiringImageTotalCount: 3 })
  })

  it('are those of named images, by digest and by tag, each once', async () => {
    await using emulator = await previewed(2)
    const [first, second] = emulator.pushed
    const imageIds = [
      { imageDigest: first?.digest ?? '' },
      { imageTag: 'v0' },
      { imageTag: 'v1' },
      { imageTag: 'kept' },
      { imageTag: 'missing' },
    ]
    const { previewResults = [] } = await emulator.get({ imageIds })
    expect(previewResults.map(({ imageDigest }) => imageDigest)).toEqual([first?.digest, second?.digest])
    const untagged = await emulator.get({ imageIds, filter: { tagStatus: 'UNTAGGED' } })
    expect(untagged.previewResults).toEqual([])
  })

  it('show the tags at the time of the preview', async () => {
    await using emulator = await previewed(1)
    const { manifest } = emulator.pushed[0]!
    await emulator.ecr.send(new PutImageCommand({ repositoryName, imageManifest: manifest, imageTag: 'later' }))
    const { previewResults } = await emulator.get({ imageIds: [{ imageTag: 'later' }] })
    expect(previewResults).toMatchObject([{ imageTags: ['v0'] }])
  })

  it.each([
    [{ maxResults: 5 }, 'maxResults', 'Cannot be combined with imageIds'],
    [{ nextToken: 'abc' }, 'nextToken', 'Invalid token'],
  ])('are not asked for by image and by page, as in %j', async (paging, member, constraint) => {
    await using emulator = await startWithRepository()
    await expect(emulator.get({ imageIds: [{ imageTag: 'v1' }], ...paging })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
    })
  })

  it.each([
    [{ maxResults: 101 }, "'Member must have value less than or equal to 100'"],
    [{ maxResults: 0 }, "'Member must have value greater than or equal to 1'"],
    [
      { imageIds: Array.from({ length: 101 }, () => ({ imageTag: 'x' })) },
      "'Member must have length less than or equal to 100'",
    ],
  ])('are limited: case %#', async (request, constraint) => {
    await using emulator = await startWithRepository()
    await expect(emulator.get(request)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining(constraint) as string,
    })
  })
})

describe('A preview is refused', () => {
  it('while another one is in progress', async () => {
    await using emulator = await startWithRepository()
    const { start, compute } = emulator
    await start(textOf(expireOlderThan(1)))
    await expect(start(textOf(expireOlderThan(2)))).rejects.toMatchObject({
      name: 'LifecyclePolicyPreviewInProgressException',
      message: 'The previous lifecycle policy preview request has not completed. Wait and try again.',
    })
    await compute()
    expect(await start(textOf(expireOlderThan(2)))).toMatchObject({ status: 'IN_PROGRESS' })
  })

  it('if the repository has no policy and none is given', async () => {
    await using emulator = await startWithRepository()
    await expect(emulator.start()).rejects.toMatchObject({
      name: 'LifecyclePolicyNotFoundException',
      message: `Lifecycle policy does not exist for the repository with name '${repositoryName}' in the registry with id '${account}'`,
    })
  })

  it('if none was started', async () => {
    await using emulator = await startWithRepository()
    await expect(emulator.get()).rejects.toMatchObject({
      name: 'LifecyclePolicyPreviewNotFoundException',
      message: 'There is no dry run for this repository.',
    })
  })

  it('if the policy is wrong', async () => {
    await using emulator = await startWithRepository()
    await expect(emulator.start(textOf(expireOlderThan(0)))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: numeric instance is lower than the required minimum (minimum: 1, found: 0)'",
    })
  })

  it('for a repository that does not exist', async () => {
    await using emulator = await startWithRepository()
    const other = { repositoryName: 'other' }
    const refusal = {
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'other' does not exist in the registry with id '${account}'`,
    }
    await expect(emulator.ecr.send(new StartLifecyclePolicyPreviewCommand(other))).rejects.toMatchObject(refusal)
    await expect(emulator.ecr.send(new GetLifecyclePolicyPreviewCommand(other))).rejects.toMatchObject(refusal)
  })
})
