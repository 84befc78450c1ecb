import type { CacheAction } from '../../registry/event-log.js'
import { isIndex } from '../../registry/images/manifest.js'
import type { ImageContents } from '../../registry/images/image-contents.js'
import type { Image } from '../../registry/images/image.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { ImportPlan } from '../../registry/cache-rules/cache-rule.js'
import { ruleForRepository } from '../../registry/cache-rules/rule-for-repository.js'
import type { Store } from '../../registry/ports/store.js'
import { formatBytes, formatCount } from '../../registry/amounts.js'
import type { Fill } from '../fills/fill.js'
import type { Telemetry } from '../telemetry.js'

/** How often an import in progress is reported, in milliseconds of the machine's time. */
const REPORT_EVERY_MS = 5_000

/**
 * BuildKit lists attestations in an index as images without a platform.
 * https://docs.docker.com/build/metadata/attestations/attestation-storage/
 */
const IN_TOTO = 'application/vnd.in-toto+json'

/** The progress of one image's import, reported as log lines and events while it runs and when it ends. */
export interface ImportProgress {
  /** Called when an image of the import is recorded, before its layers are fetched. */
  image(image: Pick<Image, 'mediaType'>, contents: Pick<ImageContents, 'blobs'>): void
  /** Called when a layer or a config is being fetched for this import. */
  fill(fill: Pick<Fill, 'size' | 'receivedBytes' | 'done'>): void
  /** Reports that everything is cached. `leftOut` is a sentence about what a bound omitted. */
  succeeded(leftOut?: string): Promise<void>
  /** Reports why the image could not be cached completely. */
  failed(error: unknown): Promise<void>
  /** Stops reporting. An import that will be resumed after its process stops reports no end. */
  stop(): void
}

type Status = CacheAction['status']

/** The dependencies of reporting an import. */
export interface ImportProgressDeps {
  readonly store: Pick<Store, 'rules'>
  readonly clock: Pick<Clock, 'now'>
}

/** Starts to report the import of one image. */
export function importProgress(plan: ImportPlan, deps: ImportProgressDeps, telemetry: Telemetry): ImportProgress {
  const startedAt = performance.now()
  const tally = importTally()

  async function report(status: Status, outcome: string): Promise<void> {
    await reportImport(plan, status, outcome, deps, telemetry).catch((err: unknown) =>
      telemetry.log.debug({ err, ...plan }, 'the progress of an import could not be reported'),
    )
  }
  const timer = setInterval(() => {
    const { received, expected, layers } = tally.counted()
    const soFar = `${formatBytes(received)} of ${formatBytes(expected)} so far, ${formatCount(layers, 'layer')} done`
    void report('IN_PROGRESS', `importing: ${soFar}`)
  }, REPORT_EVERY_MS).unref()
  const stop = () => clearInterval(timer)

  return {
    image: (image, contents) => tally.image(image, contents),
    fill: (fill) => tally.fill(fill),
    async succeeded(leftOut) {
      stop()
      const { received, platforms } = tally.counted()
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      await report('SUCCESS', `imported ${formatBytes(received)}, ${formatCount(platforms, 'platform')}, ${seconds} s`)
      if (leftOut !== undefined) await report('FAILED', leftOut)
    },
    async failed(error) {
      stop()
      await report('FAILED', `not imported completely yet: ${(error as Error).message}`)
    },
    stop,
  }
}

/** Counts the bytes that an import has received and, as far as its manifests are known, expects. */
function importTally() {
  const fills = new Set<Pick<Fill, 'receivedBytes'>>()
  const sizes = new Map<string, number>()
  let [platforms, layers, bytes] = [0, 0, 0]

  return {
    image({ mediaType }: Pick<Image, 'mediaType'>, { blobs }: Pick<ImageContents, 'blobs'>): void {
      const isAttestation = blobs.some((blob) => blob.mediaType === IN_TOTO)
      if (!isIndex(mediaType) && !isAttestation) platforms++
      for (const { digest, size } of blobs) sizes.set(digest, size)
    },
    fill(fill: Pick<Fill, 'size' | 'receivedBytes' | 'done'>): void {
      fills.add(fill)
      const ended = (count: number) => {
        fills.delete(fill)
        layers += count
        bytes += count * fill.size
      }
      fill.done.then(
        () => ended(1),
        () => ended(0),
      )
    },
    counted: () => ({
      platforms,
      layers,
      received: [...fills].reduce((sum, fill) => sum + fill.receivedBytes, bytes),
      expected: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    }),
  }
}

/** Reports nothing if the rule was deleted meanwhile, because every event names a rule. */
async function reportImport(
  { account, region, repository, tag, digest }: ImportPlan,
  status: Status,
  outcome: string,
  { store, clock }: ImportProgressDeps,
  telemetry: Telemetry,
): Promise<void> {
  const registry = { account, region }
  const [rule, now] = await Promise.all([ruleForRepository(store, registry, repository), clock.now()])
  if (!rule) return
  await telemetry.recordAction({ registry, repository, tag, digest, rule, action: 'import', status, outcome }, now)
}
