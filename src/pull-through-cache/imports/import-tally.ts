import type { LayerProgress, RunningImport } from '../../registry/cache-rules/import-activity.js'
import type { ImageContents } from '../../registry/images/image-contents.js'
import type { Image } from '../../registry/images/image.js'
import { isIndex } from '../../registry/images/manifest.js'
import type { Fill } from '../fills/fill.js'

/** The part of a fill that is counted. */
export type CountedFill = Pick<Fill, 'size' | 'receivedBytes' | 'done'>

/** Counts what an import has received and, as far as its manifests are known, expects. */
export interface ImportTally {
  /** Called when an image of the import is recorded, before its layers are fetched. */
  image(image: Pick<Image, 'mediaType'>, contents: Pick<ImageContents, 'blobs'>): void
  /** Called when a layer or a config is being fetched for this import. */
  fill(digest: string, fill: CountedFill): void
  /** Called when a layer or a config turns out to be here already. */
  stored(digest: string): void
  /** What was fetched for this import, without what was here already. */
  fetched(): FetchedSoFar
  /** How far each layer is. Lists at most `maxLayers`, and leaves out stored ones first. */
  progress(maxLayers: number): Omit<RunningImport, 'account' | 'region' | 'repository' | 'digest' | 'tag' | 'plannedAt'>
}

/** What an import has fetched. */
export interface FetchedSoFar {
  readonly received: number
  readonly expected: number
  readonly platforms: number
  readonly layers: number
}

/**
 * BuildKit lists attestations in an index as images without a platform.
 * https://docs.docker.com/build/metadata/attestations/attestation-storage/
 */
const IN_TOTO = 'application/vnd.in-toto+json'

/** The tally of an import of which nothing is known yet. */
export function importTally(): ImportTally {
  const all = new Map<string, Layer>()
  const fills = new Set<CountedFill>()
  let [platforms, layers, bytes] = [0, 0, 0]

  return {
    image({ mediaType }, { blobs }) {
      const isAttestation = blobs.some((blob) => blob.mediaType === IN_TOTO)
      if (!isIndex(mediaType) && !isAttestation) platforms++
      for (const { digest, size } of blobs) if (!all.has(digest)) all.set(digest, layerOf(digest, size))
    },
    fill(digest, fill) {
      fills.add(fill)
      all.get(digest)?.begin(fill)
      const count = (stored: number) => {
        fills.delete(fill)
        layers += stored
        bytes += stored * fill.size
      }
      fill.done.then(
        () => count(1),
        () => count(0),
      )
    },
    stored: (digest) => all.get(digest)?.stored(),
    fetched: () => ({
      platforms,
      layers,
      received: [...fills].reduce((sum, fill) => sum + fill.receivedBytes, bytes),
      expected: [...all.values()].reduce((sum, { size }) => sum + size, 0),
    }),
    progress: (maxLayers) => progressOf([...all.values()], maxLayers),
  }
}

/** A layer of an import, and whether it is here. */
interface Layer {
  readonly size: number
  begin(fill: CountedFill): void
  stored(): void
  progress(): LayerProgress
}

function layerOf(digest: string, size: number): Layer {
  let current: CountedFill | undefined
  let isStored = false
  return {
    size,
    begin(fill) {
      current = fill
      fill.done.then(
        () => (isStored = true),
        () => (current = current === fill ? undefined : current),
      )
    },
    stored: () => void (isStored = true),
    progress() {
      if (isStored) return { digest, size, receivedBytes: size, state: 'stored' }
      if (!current) return { digest, size, receivedBytes: 0, state: 'waiting' }
      return { digest, size, receivedBytes: Math.min(current.receivedBytes, size), state: 'receiving' }
    },
  }
}

function progressOf(layers: readonly Layer[], maxLayers: number) {
  const every = layers.map((layer) => layer.progress())
  const listed = every.length > maxLayers ? mostTelling(every, maxLayers) : every
  return {
    receivedBytes: every.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0),
    expectedBytes: every.reduce((sum, { size }) => sum + size, 0),
    layers: listed,
    layersLeftOut: every.length - listed.length,
  }
}

const ORDER: readonly LayerProgress['state'][] = ['receiving', 'waiting', 'stored']

const mostTelling = (layers: readonly LayerProgress[], atMost: number): LayerProgress[] =>
  [...layers].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state)).slice(0, atMost)
