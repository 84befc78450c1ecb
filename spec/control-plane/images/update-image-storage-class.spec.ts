import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  ListImagesCommand,
  PutImageCommand,
  PutImageTagMutabilityCommand,
  type TargetStorageClass,
  UpdateImageStorageClassCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { imageActivationsTask } from '../../../src/background/image-activations.js'
import { imageChangesTask } from '../../../src/background/image-changes.js'
import { imageEvents } from '../../../src/background/image-events.js'
import { eventLog } from '../../../src/registry/event-log.js'
import { changeStorageClass, completeActivation } from '../../../src/registry/images/storage-class-change.js'
import { installation } from '../../../src/registry/registry.js'
import { allowing } from '../../support/registry.js'
import { account, now, region, startEmulator } from '../../support/emulator.js'
import { createRepository, type Pushed, pushImage, pushIndex, sha256 } from '../../support/push.js'

const repositoryName = 'team/app'
const registry = { account, region }
const uninterrupted = new AbortController().signal
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)

async function repository(options: Parameters<typeof startEmulator>[0] = {}) {
  const emulator = await startEmulator(options)
  const { ecr, deps } = emulator
  await createRepository(ecr)
  const change = (targetStorageClass: TargetStorageClass, imageDigest: string) =>
    ecr.send(new UpdateImageStorageClassCommand({ repositoryName, imageId: { imageDigest }, targetStorageClass }))
  return {
    ...emulator,
    archive: (digest: string) => change('ARCHIVE', digest),
    restore: (digest: string) => change('STANDARD', digest),
    detail: async (imageDigest: string) =>
      (await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest }] }))).imageDetails?.[0],
    pull: (imageDigest: string) => ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageDigest }] })),
    putAgain: ({ manifest }: Pushed, imageTag?: string) =>
      ecr.send(new PutImageCommand({ repositoryName, imageManifest: manifest, imageTag })),
    /** Runs the background tasks and returns the image events so far. */
    events: async () => {
      const activations = imageActivationsTask(deps)
      if (await activations.isDue()) await activations.run(uninterrupted)
      await imageChangesTask(deps, [imageEvents({ events: eventLog(deps) })]).run(uninterrupted)
      const { items } = await deps.store.events.list(installation, { limit: 100 })
      return items.map(({ time, detail }) => ({ time, ...detail }))
    },
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  }
}

describe('UpdateImageStorageClass', () => {
  it('Archiving answers with the id as it was given, and the status ARCHIVED', async () => {
    await using given = await repository()
    const { digest } = await pushImage(given.ecr, repositoryName, { imageTag: 'v1' })
    const byTag = { repositoryName, imageId: { imageTag: 'v1' }, targetStorageClass: 'ARCHIVE' as const }

    expect(await given.ecr.send(new UpdateImageStorageClassCommand(byTag))).toMatchObject({
      registryId: account,
      repositoryName,
      imageId: { imageDigest: digest, imageTag: 'v1' },
      imageStatus: 'ARCHIVED',
    })
  })

  it('An archived image is described with the time of its archiving, and BatchGetImage refuses it', async () => {
    await using given = await repository()
    const { digest } = await pushImage(given.ecr, repositoryName, { imageTag: 'v1' })
    await given.archive(digest)

    expect(await given.detail(digest)).toMatchObject({
      imageStatus: 'ARCHIVED',
      lastArchivedAt: now,
      imageTags: ['v1'],
    })
    expect(await given.detail(digest)).not.toHaveProperty('lastActivatedAt')
    const { images, failures } = await given.pull(digest)
    expect(images).toEqual([])
    expect(failures).toEqual([
      {
        imageId: { imageDigest: digest },
        failureCode: 'ImageInaccessible',
        failureReason: 'Requested image is archived. Restore it, or push it again, before you pull it.',
      },
    ])
    expect(await given.detail(digest)).not.toHaveProperty('lastRecordedPullTime')
  })

  it('A restored image is ACTIVATING and refused for 20 minutes of the clock, then ACTIVE and served', async () => {
    await using given = await repository()
    const { digest } = await pushImage(given.ecr, repositoryName)
    await given.archive(digest)
    await given.deps.clock.advance(60)

    expect(await given.restore(digest)).toMatchObject({ imageId: { imageDigest: digest }, imageStatus: 'ACTIVATING' })
    await given.deps.clock.advance(20 * 60 - 1)
    expect(await given.detail(digest)).toMatchObject({ imageStatus: 'ACTIVATING' })
    expect((await given.pull(digest)).failures).toMatchObject([
      {
        failureCode: 'ImageInaccessible',
        failureReason: 'Requested image is being restored from the archive. Try again once its status is ACTIVE.',
      },
    ])

    await given.deps.clock.advance(1)
    const times = { lastArchivedAt: now, lastActivatedAt: after(60 + 20 * 60) }
    expect(await given.detail(digest)).toMatchObject({ imageStatus: 'ACTIVE', ...times })
    expect((await given.pull(digest)).images).toHaveLength(1)
  })

  it('An image that is archived again keeps the time of its last activation', async () => {
    await using given = await repository({ images: { verifyLayers: true, restoreSeconds: 10 } })
    const { digest } = await pushImage(given.ecr, repositoryName)
    await given.archive(digest)
    await given.restore(digest)
    await given.deps.clock.advance(30)
    await given.archive(digest)

    const times = { lastArchivedAt: after(30), lastActivatedAt: after(10) }
    expect(await given.detail(digest)).toMatchObject({ imageStatus: 'ARCHIVED', ...times })
  })

  it('With restoreSeconds 0 an image is ACTIVE at once', async () => {
    await using given = await repository({ images: { verifyLayers: true, restoreSeconds: 0 } })
    const { digest } = await pushImage(given.ecr, repositoryName)
    await given.deps.clock.advance(1)
    await given.archive(digest)
    await given.deps.clock.advance(1)

    expect(await given.restore(digest)).toMatchObject({ imageStatus: 'ACTIVE' })
    expect(await given.events()).toMatchObject([
      { 'action-type': 'PUSH' },
      { 'action-type': 'UPDATE_STORAGE_CLASS', 'target-storage-class': 'ARCHIVE' },
      { 'action-type': 'UPDATE_STORAGE_CLASS', 'target-storage-class': 'STANDARD' },
    ])
  })

  it('Asking for the class that an image has already changes nothing and causes no event', async () => {
    await using given = await repository()
    const { digest } = await pushImage(given.ecr, repositoryName)
    expect(await given.restore(digest)).toMatchObject({ imageStatus: 'ACTIVE' })
    await given.archive(digest)
    await given.deps.clock.advance(60)
    expect(await given.archive(digest)).toMatchObject({ imageStatus: 'ARCHIVED' })
    await given.restore(digest)
    await given.deps.clock.advance(60)
    expect(await given.restore(digest)).toMatchObject({ imageStatus: 'ACTIVATING' })

    await given.deps.clock.advance(20 * 60)
    expect(await given.detail(digest)).toMatchObject({ lastArchivedAt: now, lastActivatedAt: after(60 + 20 * 60) })
    expect(await given.events()).toHaveLength(3)
  })

  it('The event of an archived image follows at once, that of a restored one when it is ACTIVE, and both once', async () => {
    await using given = await repository()
    const { digest } = await pushImage(given.ecr, repositoryName)
    await given.deps.clock.advance(1)
    await given.archive(digest)
    await given.restore(digest)
    expect(await given.events()).toHaveLength(2)

    await given.deps.clock.advance(20 * 60)
    const [, archived, restored, ...more] = await given.events()
    const common = { result: 'SUCCESS', 'repository-name': repositoryName, 'image-digest': digest }
    const storageClass = { ...common, 'action-type': 'UPDATE_STORAGE_CLASS' }
    expect(archived).toMatchObject({ ...storageClass, 'target-storage-class': 'ARCHIVE', time: after(1).toISOString() })
    expect(archived).not.toHaveProperty('last-activated-at')
    const activatedAt = after(1 + 20 * 60).toISOString()
    const times = { time: activatedAt, 'last-activated-at': activatedAt }
    expect(restored).toMatchObject({ ...storageClass, 'target-storage-class': 'STANDARD', ...times })
    expect(more).toEqual([])
    expect(await given.events()).toHaveLength(3)
  })

  it('The task of restorations is due when one is complete, and not before or afterwards', async () => {
    await using given = await repository()
    const task = imageActivationsTask(given.deps)
    const { digest } = await pushImage(given.ecr, repositoryName)
    await given.archive(digest)
    await given.restore(digest)
    await given.deps.clock.advance(20 * 60 - 1)
    expect(await task.isDue()).toBe(false)
    await task.run(uninterrupted)
    expect((await given.deps.store.imageActivations.list(registry, { limit: 2 })).items).toHaveLength(1)

    await given.deps.clock.advance(1)
    expect(await task.isDue()).toBe(true)
    await task.run(uninterrupted)
    expect(await task.isDue()).toBe(false)
  })

  it('A restoration of which two processes record the completion is one change', async () => {
    await using given = await repository()
    const { digest } = await pushImage(given.ecr, repositoryName)
    await given.archive(digest)
    await given.restore(digest)
    await given.deps.clock.advance(20 * 60)
    const [activation] = (await given.deps.store.imageActivations.list(registry, { limit: 1 })).items

    await Promise.all([1, 2].map(() => completeActivation(given.deps.store, registry, activation!)))
    expect((await given.events()).filter((event) => 'last-activated-at' in event)).toHaveLength(1)
    await completeActivation(given.deps.store, registry, activation!)
    expect((await given.events()).filter((event) => 'last-activated-at' in event)).toHaveLength(1)
  })

  it('A restoration whose image is deleted meanwhile leaves no event and no record', async () => {
    await using given = await repository()
    const { digest } = await pushImage(given.ecr, repositoryName)
    await given.archive(digest)
    await given.restore(digest)
    const imageIds = [{ imageDigest: digest }]
    const deletion = await given.ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
    expect(deletion).toMatchObject({ imageIds, failures: [] })

    await given.deps.clock.advance(20 * 60)
    expect((await given.events()).filter((event) => 'last-activated-at' in event)).toEqual([])
    expect((await given.deps.store.imageActivations.list(registry, { limit: 1 })).items).toEqual([])
  })

  describe('pushing an archived image', () => {
    it.each(['ARCHIVED', 'ACTIVATING'])(
      'A push restores an image that is %s at once, and is an event',
      async (status) => {
        await using given = await repository()
        const pushed = await pushImage(given.ecr, repositoryName, { imageTag: 'v1' })
        await given.archive(pushed.digest)
        if (status === 'ACTIVATING') await given.restore(pushed.digest)
        await given.deps.clock.advance(60)

        await given.putAgain(pushed, 'v1')

        const times = { imagePushedAt: now, lastArchivedAt: now, lastActivatedAt: after(60) }
        expect(await given.detail(pushed.digest)).toMatchObject({ imageStatus: 'ACTIVE', ...times })
        await given.deps.clock.advance(20 * 60)
        const activated = { 'target-storage-class': 'STANDARD', 'last-activated-at': after(60).toISOString() }
        expect((await given.events()).filter((event) => 'last-activated-at' in event)).toMatchObject([activated])
        await expect(given.putAgain(pushed, 'v1')).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' })
      },
    )

    it('A push restores an image that an immutable tag already has', async () => {
      await using given = await repository()
      const pushed = await pushImage(given.ecr, repositoryName, { imageTag: 'v1' })
      const immutable = { repositoryName, imageTagMutability: 'IMMUTABLE' as const }
      await given.ecr.send(new PutImageTagMutabilityCommand(immutable))
      await given.archive(pushed.digest)

      await given.putAgain(pushed, 'v1')
      expect(await given.detail(pushed.digest)).toMatchObject({ imageStatus: 'ACTIVE', imageTags: ['v1'] })
      await expect(given.putAgain(pushed, 'v1')).rejects.toMatchObject({ name: 'ImageTagAlreadyExistsException' })
    })
  })

  describe('lists', () => {
    it('Lists show ACTIVE images, or those of the status that a filter names', async () => {
      await using given = await repository()
      const [active, archived, activating] = [
        await pushImage(given.ecr, repositoryName, { layer: '1' }),
        await pushImage(given.ecr, repositoryName, { layer: '2' }),
        await pushImage(given.ecr, repositoryName, { layer: '3' }),
      ]
      for (const { digest } of [archived, activating]) await given.archive(digest)
      await given.restore(activating.digest)

      const digests = async (imageStatus?: 'ACTIVE' | 'ARCHIVED' | 'ACTIVATING' | 'ANY') => {
        const input = { repositoryName, ...(imageStatus && { filter: { imageStatus } }) }
        const listed = await given.ecr.send(new ListImagesCommand(input))
        const described = await given.ecr.send(new DescribeImagesCommand(input))
        const all = described.imageDetails?.map(({ imageDigest }) => imageDigest)
        expect(listed.imageIds?.map(({ imageDigest }) => imageDigest)).toEqual(all)
        return all
      }
      expect(await digests()).toEqual([active.digest])
      expect(await digests('ACTIVE')).toEqual([active.digest])
      expect(await digests('ARCHIVED')).toEqual([archived.digest])
      expect(await digests('ACTIVATING')).toEqual([activating.digest])
      expect(await digests('ANY')).toEqual([active.digest, archived.digest, activating.digest].sort())
    })
  })

  describe('refusals', () => {
    it('An image cannot be archived before the index that lists it', async () => {
      await using given = await repository()
      const member = await pushImage(given.ecr, repositoryName)
      const index = await pushIndex(given.ecr, repositoryName, [member], 'all')

      await expect(given.archive(member.digest)).rejects.toMatchObject({
        name: 'ImageStorageClassUpdateNotSupportedException',
        message: `The requested image storage class update is not supported. The image is referenced by the manifest list '${index.digest}', which has to be archived first.`,
      })

      await given.archive(index.digest)
      expect(await given.archive(member.digest)).toMatchObject({ imageStatus: 'ARCHIVED' })
    })

    it('An image cannot be archived while the index that lists it is being restored', async () => {
      await using given = await repository()
      const member = await pushImage(given.ecr, repositoryName)
      const index = await pushIndex(given.ecr, repositoryName, [member], 'all')
      await given.archive(index.digest)
      expect(await given.restore(index.digest)).toMatchObject({ imageStatus: 'ACTIVATING' })

      await expect(given.archive(member.digest)).rejects.toMatchObject({
        name: 'ImageStorageClassUpdateNotSupportedException',
      })
    })

    it('A lifecycle policy leaves images that cannot be archived as they are', async () => {
      await using given = await repository()
      const member = await pushImage(given.ecr, repositoryName)
      await pushIndex(given.ecr, repositoryName, [member], 'all')
      const change = { repository: repositoryName, target: { class: 'ARCHIVE' }, now, cause: 'lifecycle' } as const

      const unchanged = await changeStorageClass(given.deps, registry, { ...change, digest: member.digest })
      expect(unchanged).toMatchObject({ digest: member.digest })
      expect(unchanged).not.toHaveProperty('archive')
    })

    it('An image is not changed if it is no longer what its change is for', async () => {
      await using given = await repository()
      const { digest } = await pushImage(given.ecr, repositoryName)
      const change = {
        repository: repositoryName,
        digest,
        target: { class: 'ARCHIVE' },
        now,
        cause: 'lifecycle',
      } as const
      const isAnother = async (image: { digest: string }) => image.digest !== digest
      await changeStorageClass(given.deps, registry, { ...change, onlyIf: isAnother })
      expect(await given.detail(digest)).toMatchObject({ imageStatus: 'ACTIVE' })
    })

    it('An image that is being restored cannot be archived', async () => {
      await using given = await repository()
      const { digest } = await pushImage(given.ecr, repositoryName)
      await given.archive(digest)
      await given.restore(digest)

      await expect(given.archive(digest)).rejects.toMatchObject({
        name: 'ImageStorageClassUpdateNotSupportedException',
        message:
          'The requested image storage class update is not supported. The image is being restored from the archive.',
      })
    })

    it('A missing repository, a missing image and an invalid id are refused in the words of the service', async () => {
      await using given = await repository()
      const ask = (imageId: object, name = repositoryName, targetStorageClass = 'ARCHIVE' as TargetStorageClass) =>
        given.ecr.send(new UpdateImageStorageClassCommand({ repositoryName: name, imageId, targetStorageClass }))
      const absent = { imageDigest: sha256('absent') }

      await expect(ask(absent, 'none')).rejects.toMatchObject({
        name: 'RepositoryNotFoundException',
        message: `The repository with name 'none' does not exist in the registry with id '${account}'`,
      })
      await expect(ask(absent)).rejects.toMatchObject({
        name: 'ImageNotFoundException',
        message: `The image with imageId {imageDigest:'${absent.imageDigest}', imageTag:'null'} does not exist within the repository with name '${repositoryName}' in the registry with id '${account}'`,
      })
      await expect(ask({})).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: 'Invalid request parameters: both tag and digest cannot be null',
      })
      await expect(ask(absent, repositoryName, 'GLACIER' as TargetStorageClass)).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message:
          "Invalid parameter at 'targetStorageClass' failed to satisfy constraint: 'Member must satisfy enum value set: [STANDARD, ARCHIVE]'",
      })
    })

    it('A caller without ecr:UpdateImageStorageClass on the repository is denied', async () => {
      const users = {
        reader: { accessKeys: { AKIDREADER: 'secret' }, policies: [allowing('ecr:BatchGetImage')] },
      }
      await using emulator = await startEmulator({ accounts: { [account]: { users } } })
      const input = { repositoryName, imageId: { imageTag: 'v1' }, targetStorageClass: 'ARCHIVE' as const }

      await expect(emulator.as('AKIDREADER').send(new UpdateImageStorageClassCommand(input))).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: `User: arn:aws:iam::${account}:user/reader is not authorized to perform: ecr:UpdateImageStorageClass on resource: arn:aws:ecr:${region}:${account}:repository/${repositoryName} because no identity-based policy allows the ecr:UpdateImageStorageClass action`,
      })
    })
  })
})
