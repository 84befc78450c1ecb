/** What is brought behind one pull: an upstream's index may list tens of thousands of images, and indexes of indexes. */
export interface PullScope {
  /** Whether an image, `depth` indexes below the one that was pulled, is to be brought: each once, and only so many. */
  takeImage(digest: string, depth: number): boolean
  /** As many of an image's blobs as may still be brought. */
  takeBlobs<T>(blobs: readonly T[]): readonly T[]
  /** What was not brought and why, in a sentence; undefined where everything was. */
  leftOut(): string | undefined
}

/** The largest public indexes list some hundred images: platforms, and an attestation for each. */
const IMAGES_AT_MOST = 1_000
/** An index of indexes is rare already. */
const DEPTH_AT_MOST = 4
const BLOBS_AT_MOST = 10_000

/** Nothing was brought yet. */
export function pullScope(): PullScope {
  const seen = new Set<string>()
  const leftOut = { images: new Set<string>(), nested: new Set<string>(), blobs: 0 }
  let blobsTaken = 0

  return {
    takeImage(digest, depth) {
      if (seen.has(digest)) return false
      const [tooMany, tooDeep] = [seen.size >= IMAGES_AT_MOST, depth > DEPTH_AT_MOST]
      if (tooDeep) leftOut.nested.add(digest)
      else if (tooMany) leftOut.images.add(digest)
      else seen.add(digest)
      return !tooDeep && !tooMany
    },
    takeBlobs(blobs) {
      const taken = blobs.slice(0, BLOBS_AT_MOST - blobsTaken)
      blobsTaken += taken.length
      leftOut.blobs += blobs.length - taken.length
      return taken
    },
    leftOut() {
      const parts = [
        leftOut.images.size > 0 && `${leftOut.images.size} images (${IMAGES_AT_MOST} are brought at most)`,
        leftOut.nested.size > 0 && `${leftOut.nested.size} images nested more than ${DEPTH_AT_MOST} indexes deep`,
        leftOut.blobs > 0 && `${leftOut.blobs} blobs (${BLOBS_AT_MOST} are brought at most)`,
      ].filter((part) => part !== false)
      if (parts.length === 0) return undefined
      return `not brought behind this pull: ${parts.join(', ')}; each comes when it is pulled by its digest`
    },
  }
}
