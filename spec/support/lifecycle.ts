import { DescribeImagesCommand, GetLifecyclePolicyCommand, PutLifecyclePolicyCommand } from '@aws-sdk/client-ecr'
import { lifecycleTask } from '../../src/background/lifecycle/lifecycle-task.js'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import type { LifecycleRule } from '../../src/registry/lifecycle/lifecycle-rule.js'
import type { Store } from '../../src/registry/ports/store.js'
import { account, region, startEmulator } from './emulator.js'
import { createRepository, type Pushed, pushImage } from './push.js'

export const repositoryName = 'team/app'
export const registry = { account, region }
export const DAY = 24 * 60 * 60

/** A rule for images older than a number of days. */
export const olderThan = (days: number, tagStatus: 'any' | 'untagged' = 'any', rulePriority = 1): LifecycleRule => ({
  rulePriority,
  selection: { tagStatus, countType: 'sinceImagePushed', countNumber: days },
  action: { type: 'expire' },
})
export const keeping = (count: number, rulePriority = 1): LifecycleRule => ({
  rulePriority,
  selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: count },
  action: { type: 'expire' },
})
export const notPulledFor = (days: number): LifecycleRule => ({
  rulePriority: 1,
  selection: { tagStatus: 'any', countType: 'sinceImagePulled', countNumber: days },
  action: { type: 'transition' },
})

/** The text of a policy, with what each count type and action needs besides. */
export const policyOf = (...rules: LifecycleRule[]) =>
  JSON.stringify({
    rules: rules.map((rule) => ({
      ...rule,
      description: 'a rule of a spec that is long enough',
      selection: { ...rule.selection, ...(rule.selection.countType.startsWith('since') && { countUnit: 'days' }) },
      action: { ...rule.action, ...(rule.action.type === 'transition' && { targetStorageClass: 'archive' }) },
    })),
  })

/** An emulator with the repository, and what specs of lifecycle policies do with it. */
export async function startWithRepository(lifecycle = { intervalSeconds: DAY }) {
  const emulator = await startEmulator()
  const { ecr, deps } = emulator
  await createRepository(ecr, repositoryName)
  const run = (store: Store = deps.store, stopSignal = new AbortController().signal) =>
    lifecycleTask({ ...deps, store, lifecycle }).run(stopSignal)
  return {
    ...emulator,
    run,
    /** Whether the task has anything to do. */
    isDue: () => lifecycleTask({ ...deps, lifecycle }).isDue(),
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
export const referrerOf = ({ digest, manifest }: Pushed, name: string) => ({
  subject: { mediaType: mediaTypes.ociManifest, digest, size: manifest.length },
  artifactType: `application/${name}`,
})

export const active = (...images: Pushed[]) => Object.fromEntries(images.map(({ digest }) => [digest, 'ACTIVE']))

/** A store that does something before each transaction of the task. */
export const interrupting = (store: Store, before: () => Promise<unknown>): Store => ({
  ...store,
  transact: async (inRegistry, work) => {
    await before()
    return store.transact(inRegistry, work)
  },
})

/** Runs something once, whenever it is called first. */
export function once(work: () => Promise<unknown>) {
  let isDone = false
  return async () => {
    if (isDone) return
    isDone = true
    await work()
  }
}
