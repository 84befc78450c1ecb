import { PassThrough, type Readable } from 'node:stream'
import { findImage, isImageFailure } from '../../registry/images/find-image.js'
import { listReferrers } from '../../registry/images/image-referrers.js'
import type { Image, ImageId } from '../../registry/images/image.js'
import { isDigest } from '../../registry/images/manifest.js'
import { imageStatus } from '../../registry/images/storage-class.js'
import { availableSize } from '../../registry/layers/layer-with-bytes.js'
import type { Blobs } from '../../registry/ports/blob-store.js'
import type { Clock } from '../../registry/ports/clock.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import { type Upstream, UpstreamFailure } from '../../registry/ports/upstream.js'
import type { RegistryReader, UpstreamAccess, UpstreamAction } from '../../registry/ports/upstream-access.js'
import type { Registry } from '../../registry/registry.js'

/** The dependencies of reading from a registry of this installation. */
export interface InProcessDeps {
  readonly store: Store
  readonly blobs: Pick<Blobs, 'read' | 'send' | 'size'>
  readonly clock: Pick<Clock, 'now'>
  readonly access: UpstreamAccess
}

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html */
const FOR_IMAGES: readonly UpstreamAction[] = ['ecr:BatchGetImage', 'ecr:BatchImportUpstreamImage']
const FOR_LAYERS: readonly UpstreamAction[] = ['ecr:GetDownloadUrlForLayer', 'ecr:BatchImportUpstreamImage']

/**
 * Another registry of this installation as an upstream: its records and its blobs, which are those of this process. An
 * image that is not stored there is not found: a rule of the upstream registry is not followed.
 */
export function inProcessUpstream(upstream: Registry, reader: RegistryReader, deps: InProcessDeps): Upstream {
  const { store, blobs, clock, access } = deps
  const held = records(upstream, reader, deps)
  return {
    isInProcess: true,
    resolve: async (repository, imageTag) => (await held.requireImage(repository, { imageTag })).digest,
    async manifest(repository, reference) {
      const imageId = isDigest(reference) ? { imageDigest: reference } : { imageTag: reference }
      const { digest, mediaType } = await held.requireImage(repository, imageId)
      const bytes = await blobs.read(digest)
      if (!bytes) throw new UpstreamFailure('unavailable', `The manifest of ${repository}@${digest} is lost`)
      return { digest, mediaType, bytes }
    },
    async blob(repository, digest, from = 0) {
      const size = await held.sizeOfLayer(repository, digest)
      if (size === undefined) throw notFound(upstream, `layer ${repository}@${digest}`)
      return { size, body: from < size ? bytesOf(digest, from, size, blobs) : new PassThrough().end() }
    },
    hasBlob: async (repository, digest) => (await held.sizeOfLayer(repository, digest)) !== undefined,
    async referrers(repository, digest, limit) {
      await access.require(reader, upstream, repository, FOR_IMAGES)
      const query = { repository, digest, artifactTypes: [], status: 'ACTIVE' as const, now: await clock.now(), limit }
      const { referrers, last } = await listReferrers({ store, blobs }, upstream, query)
      return { digests: referrers.map(({ descriptor }) => descriptor.digest), isTruncated: last !== undefined }
    },
    ping: () => access.require(reader, upstream, undefined, ['ecr:GetAuthorizationToken']),
  }
}

/** The records of a registry for a reader who needs permission on each repository. */
function records(upstream: Registry, reader: RegistryReader, { store, blobs, clock, access }: InProcessDeps) {
  return {
    /** An image that can be pulled. Throws UpstreamFailure. */
    async requireImage(repository: string, imageId: ImageId): Promise<Image> {
      await access.require(reader, upstream, repository, FOR_IMAGES)
      const [found, now] = await Promise.all([findImage(store, upstream, repository, imageId), clock.now()])
      if (!isImageFailure(found) && imageStatus(found.image, now) === 'ACTIVE') return found.image
      const { imageTag, imageDigest = '' } = imageId
      throw notFound(upstream, `image ${repository}${imageTag === undefined ? `@${imageDigest}` : `:${imageTag}`}`)
    },
    /** The size of a layer that is stored and belongs to the repository. Throws UpstreamFailure. */
    async sizeOfLayer(repository: string, digest: string): Promise<number | undefined> {
      await access.require(reader, upstream, repository, FOR_LAYERS)
      const layer = await store.layers.get(upstream, keyOf(repository, digest))
      return layer && availableSize(layer, blobs)
    },
  }
}

const notFound = ({ account, region }: Registry, subject: string) =>
  new UpstreamFailure('not-found', `The registry of ${account} in ${region} has no ${subject}`)

/** The bytes from this position on, as a stream that is read as fast as its consumer takes them. */
function bytesOf(digest: string, from: number, size: number, blobs: Pick<Blobs, 'send'>): Readable {
  const stream = new PassThrough()
  // Without a listener, an error of a stream that is no longer read would end the process.
  stream.on('error', () => {})
  const take = (chunk: Uint8Array) =>
    new Promise<void>((resolve, reject) => stream.write(chunk, (error) => (error ? reject(error) : resolve())))
  blobs.send(digest, { start: from, end: size - 1 }, take).then(
    (isStored) => (isStored ? stream.end() : stream.destroy(new Error(`${digest} was removed meanwhile`))),
    (error: Error) => stream.destroy(error),
  )
  return stream
}
