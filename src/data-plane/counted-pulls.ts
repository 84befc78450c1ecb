import type { Image } from '../registry/images/image.js'
import type { PullSource, StatisticsRecorder } from '../registry/ports/statistics-recorder.js'
import type { Registry } from '../registry/registry.js'

/** The principal that pulls, and the repository. */
export interface PullCaller {
  readonly registry: Registry
  readonly repository: string
  /** ARN. */
  readonly principal: string
}

/**
 * Counts the single pulls of a session, which joins those that follow each other without a pause. The next pull begins
 * when a tag is asked for, or the digest with which a pull began, and the manifest before has been sent.
 */
export interface CountedPulls {
  resolved(tag: string, source: PullSource): void
  manifest(
    image: Pick<Image, 'digest' | 'manifestSize' | 'pulledThrough'>,
    tag: string | undefined,
    source: PullSource,
  ): void
  layer(bytes: number, source: PullSource): void
  /** Counts the last one. */
  end(): void
}

interface OpenPull {
  /** The tag, or the first digest if none was named. */
  reference: string | undefined
  hasManifest: boolean
  isPulledThrough: boolean
  hasImported: boolean
  readonly bytes: Record<PullSource, number>
}

/** The pulls of a caller from a repository. */
export function countedPulls(
  { registry, repository, principal }: PullCaller,
  statistics: Pick<StatisticsRecorder, 'pulled'>,
): CountedPulls {
  let pull = openPull()

  function end(): void {
    const { reference, hasManifest, isPulledThrough, hasImported, bytes } = pull
    pull = openPull()
    if (!hasManifest || reference === undefined) return
    const source = hasImported || bytes.upstream > 0 ? 'upstream' : 'cache'
    statistics.pulled({ registry, repository, reference, principal, isPulledThrough, source, bytes })
  }

  function name(tag: string | undefined, digest?: string): void {
    if (pull.hasManifest && (tag !== undefined || digest === pull.reference)) end()
    pull.reference = tag ?? pull.reference ?? digest
  }

  return {
    resolved(tag, source) {
      name(tag)
      pull.hasImported ||= source === 'upstream'
    },
    manifest({ digest, manifestSize, pulledThrough = false }, tag, source) {
      name(tag, digest)
      pull.hasManifest = true
      pull.isPulledThrough ||= pulledThrough
      pull.hasImported ||= source === 'upstream'
      pull.bytes[source] += manifestSize
    },
    layer: (bytes, source) => void (pull.bytes[source] += bytes),
    end,
  }
}

const openPull = (): OpenPull => ({
  reference: undefined,
  hasManifest: false,
  isPulledThrough: false,
  hasImported: false,
  bytes: { cache: 0, upstream: 0 },
})
