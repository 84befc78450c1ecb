import type { CacheAction } from '../../registry/event-log.js'
import { isIndex } from '../../registry/images/manifest.js'
import type { Contents } from '../../registry/images/image-contents.js'
import type { Image } from '../../registry/images/image.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { PlannedImport } from '../../registry/cache-rules/cache-rule.js'
import { amountOf, numberOf } from '../../registry/amounts.js'
import type { Fill } from '../fills/fill.js'
import type { ImportDeps } from './manifest-import.js'
import { ruleOf } from '../upstream-source.js'

/** How often an import in progress is reported, in milliseconds of the machine's time. */
const REPORT_EVERY_MS = 5_000

/** BuildKit's attestations stand in an index as images of no platform. https://docs.docker.com/build/metadata/attestations/attestation-storage/ */
const IN_TOTO = 'application/vnd.in-toto+json'

/** What one import has brought so far; reported in the log and as events while it goes on, and when it ended. */
export interface ImportProgress {
  /** An image of the import was found or fetched: its layers are what is to come. */
  image(image: Pick<Image, 'mediaType'>, contents: Pick<Contents, 'blobs'>): void
  /** A layer or a config is fetched for this import. */
  fill(fill: Pick<Fill, 'size' | 'received' | 'done'>): void
  /** Reports that everything is cached, but what a bound left out (a sentence). */
  succeeded(leftOut?: string): Promise<void>
  /** Reports what keeps the image from being cached whole. */
  failed(error: unknown): Promise<void>
  /** Ends the reports; nothing is said of an import that stops with its process and is resumed. */
  stop(): void
}

type Status = CacheAction['status']

/** What it takes to report an import. */
export type ImportProgressDeps = Pick<ImportDeps, 'store' | 'log' | 'recordEvent'> & { readonly clock: Clock }

/** Reports on the import of one image from now on. */
export function importProgress(plan: PlannedImport, deps: ImportProgressDeps): ImportProgress {
  const startedAt = performance.now()
  const tally = importTally()

  async function report(status: Status, outcome: string): Promise<void> {
    await reportImport(plan, status, outcome, deps).catch((err: unknown) =>
      deps.log.debug({ err, ...plan }, 'the progress of an import was not reported'),
    )
  }
  const timer = setInterval(() => {
    const { received, expected, layers } = tally.counted()
    const soFar = `${amountOf(received)} of ${amountOf(expected)} so far, ${numberOf(layers, 'layer')} done`
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
      await report('SUCCESS', `imported ${amountOf(received)}, ${numberOf(platforms, 'platform')}, ${seconds} s`)
      if (leftOut !== undefined) await report('FAILED', leftOut)
    },
    async failed(error) {
      stop()
      await report('FAILED', `not imported whole yet: ${(error as Error).message}`)
    },
    stop,
  }
}

/** Counts what an import has brought and, as far as its manifests are known, what is to come. */
function importTally() {
  const fills = new Set<Pick<Fill, 'received'>>()
  const sizes = new Map<string, number>()
  let [platforms, layers, bytes] = [0, 0, 0]

  return {
    image({ mediaType }: Pick<Image, 'mediaType'>, { blobs }: Pick<Contents, 'blobs'>): void {
      const isAttestation = blobs.some((blob) => blob.mediaType === IN_TOTO)
      if (!isIndex(mediaType) && !isAttestation) platforms++
      for (const { digest, size } of blobs) sizes.set(digest, size)
    },
    fill(fill: Pick<Fill, 'size' | 'received' | 'done'>): void {
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
      ...{ platforms, layers },
      received: [...fills].reduce((sum, fill) => sum + fill.received, bytes),
      expected: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    }),
  }
}

/** A rule that was deleted meanwhile leaves nothing to report to. */
async function reportImport(
  { account, region, repository, tag, digest }: PlannedImport,
  status: Status,
  outcome: string,
  deps: ImportProgressDeps,
): Promise<void> {
  const registry = { account, region }
  const [rule, now] = await Promise.all([ruleOf(registry, repository, deps), deps.clock.now()])
  if (rule) await deps.recordEvent({ registry, repository, tag, digest, rule, action: 'import', status, outcome }, now)
}
