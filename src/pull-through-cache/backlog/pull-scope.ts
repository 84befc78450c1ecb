/**
 * Bounds what one pull imports in the background: an index may list tens of thousands of images, and indexes of
 * indexes.
 */
export interface PullScope {
  /**
   * Whether to import an image that is `depth` indexes below the pulled one. True once for each image, and only within
   * the bounds.
   */
  takeImage(digest: string, depth: number): boolean
  /** The blobs of an image that are still within the bound. */
  takeBlobs<T>(blobs: readonly T[]): readonly T[]
  /** A sentence that says what was omitted and why; undefined if nothing was. */
  leftOut(): string | undefined
}

/** The largest public indexes list some hundred images: platforms, and an attestation for each. */
const MAX_IMAGES = 1_000
/** Even an index of indexes is rare. */
const MAX_DEPTH = 4
const MAX_BLOBS = 10_000

/** The scope of one pull, before anything of it is imported. */
export function pullScope(): PullScope {
  const importedDigests = new Set<string>()
  const leftOut = { images: new Set<string>(), nested: new Set<string>(), blobs: 0 }
  let blobsTaken = 0

  return {
    takeImage(digest, depth) {
      if (importedDigests.has(digest)) return false
      const [tooMany, tooDeep] = [importedDigests.size >= MAX_IMAGES, depth > MAX_DEPTH]
      if (tooDeep) leftOut.nested.add(digest)
      else if (tooMany) leftOut.images.add(digest)
      else importedDigests.add(digest)
      return !tooDeep && !tooMany
    },
    takeBlobs(blobs) {
      const taken = blobs.slice(0, MAX_BLOBS - blobsTaken)
      blobsTaken += taken.length
      leftOut.blobs += blobs.length - taken.length
      return taken
    },
    leftOut() {
      const parts = [
        leftOut.images.size > 0 && `${leftOut.images.size} images (the limit is ${MAX_IMAGES})`,
        leftOut.nested.size > 0 && `${leftOut.nested.size} images nested more than ${MAX_DEPTH} indexes deep`,
        leftOut.blobs > 0 && `${leftOut.blobs} blobs (the limit is ${MAX_BLOBS})`,
      ].filter((part) => part !== false)
      if (parts.length === 0) return undefined
      return `not imported after this pull: ${parts.join(', ')}; each is imported when it is pulled by its digest`
    },
  }
}
