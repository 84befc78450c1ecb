import { batchesOf } from '../../coordination/event-loop.js'
import { imageStatus } from '../../registry/images/storage-class.js'
import type { LifecycleAction } from '../../registry/lifecycle/evaluation.js'
import type { LifecyclePreview } from '../../registry/lifecycle/lifecycle-preview.js'
import { rulesIn } from '../../registry/lifecycle/lifecycle-rule.js'
import { evaluateRepository } from '../../registry/lifecycle/repository-evaluation.js'
import { listEach } from '../../registry/list-records.js'
import type { Clock } from '../../registry/ports/clock.js'
import { StoreUnavailable } from '../../registry/ports/key-value.js'
import type { Log } from '../../registry/ports/log.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { anyDue } from '../any-due.js'
import { attemptEach } from '../attempt-each.js'
import type { Task } from '../tasks.js'

/** The dependencies of computing previews. */
interface PreviewDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}

/** Results that are written in one transaction, which also reads their images. */
const RESULTS_PER_TRANSACTION = 50

/** The task that computes the previews of lifecycle policies that were started. */
export const lifecyclePreviewTask = (deps: PreviewDeps): Task => ({
  name: 'lifecycle policy previews',
  everyMs: 5_000,
  watches: ['lifecyclePreviews'],
  isDue: () => anyDue(deps.store, deps.store.lifecyclePreviews, ({ status }) => status === 'IN_PROGRESS'),
  async run(stopSignal) {
    await attemptEach(await deps.store.registries(), (registry) =>
      attemptEach(listEach(deps.store.lifecyclePreviews, registry, {}), async (preview) => {
        if (stopSignal.aborted) return 'stop'
        if (preview.status === 'IN_PROGRESS') await computeOrFail(deps, registry, preview, stopSignal)
      }),
    )
  },
})

async function computeOrFail(
  deps: PreviewDeps,
  registry: Registry,
  preview: LifecyclePreview,
  stopSignal: AbortSignal,
) {
  try {
    await compute(deps, registry, preview, stopSignal)
  } catch (err) {
    if (err instanceof StoreUnavailable) throw err
    deps.log.warn({ err, ...registry, repository: preview.repository }, 'a lifecycle policy preview failed')
    await finish(deps, registry, { ...preview, status: 'FAILED' })
  }
}

/** Interrupted anywhere, it begins again: the results that were written are removed first. */
async function compute(
  deps: PreviewDeps,
  registry: Registry,
  preview: LifecyclePreview,
  stopSignal: AbortSignal,
): Promise<void> {
  const { store, clock } = deps
  const { repository } = preview
  for await (const { digest } of listEach(store.lifecyclePreviewResults, registry, { prefix: keyOf(repository, '') }))
    await store.lifecyclePreviewResults.remove(registry, keyOf(repository, digest))
  const now = await clock.now()
  const evaluation = await evaluateRepository(store, registry, repository, rulesIn(preview.text), now)
  const counts = { expire: 0, transition: 0 }
  for await (const batch of batchesOf(await evaluation.actions(), RESULTS_PER_TRANSACTION)) {
    if (stopSignal.aborted) return
    for (const { type } of await writeResults(store, registry, preview, batch, now)) counts[type] += 1
  }
  const { expire: expiring, transition: archiving } = counts
  await finish(deps, registry, { ...preview, status: 'COMPLETE', at: now.getTime(), expiring, archiving })
}

/** Writes the results for images that still exist, and returns these. */
const writeResults = (
  store: Store,
  registry: Registry,
  { id, repository }: LifecyclePreview,
  actions: readonly LifecycleAction[],
  now: Date,
): Promise<LifecycleAction[]> =>
  store.transact(registry, async ({ images, lifecyclePreviewResults }) => {
    const written: LifecycleAction[] = []
    for (const action of actions) {
      const { digest, type, rulePriority } = action
      const image = await images.get(registry, keyOf(repository, digest))
      if (!image) continue
      await lifecyclePreviewResults.put(registry, keyOf(repository, digest), {
        preview: id,
        digest,
        tags: image.tags,
        pushedAt: image.pushedAt,
        action: type,
        rulePriority,
        storageClass: imageStatus(image, now) === 'ARCHIVED' ? 'ARCHIVE' : 'STANDARD',
      })
      written.push(action)
    }
    return written
  })

/** Ends the preview, unless its repository was deleted meanwhile. */
const finish = ({ store }: PreviewDeps, registry: Registry, finished: LifecyclePreview) =>
  store.lifecyclePreviews.update(registry, finished.repository, (current) =>
    current.id === finished.id ? finished : current,
  )
