import { createRepository } from '../../registry/repositories/repository-creation.js'
import type { CacheAction } from '../../registry/event-log.js'
import { findImage, isFailure } from '../../registry/images/find-image.js'
import type { Pins } from '../../registry/ports/pins.js'
import type { ImageId } from '../../registry/images/image.js'
import { keepManifest } from '../../registry/images/store-manifest.js'
import { parseManifest } from '../../registry/images/manifest.js'
import type { BlobStore } from '../../registry/ports/blob-store.js'
import type { Log } from '../../registry/ports/log.js'
import { keyOf } from '../../registry/ports/store.js'
import { UpstreamFailure, type UpstreamManifest } from '../../registry/ports/upstream.js'
import type { PlannedImport } from '../../registry/cache-rules/cache-rule.js'
import { recordImage } from '../../registry/images/image-push.js'
import type { NewImage, PutOutcome } from '../../registry/images/image-registration.js'
import type { Quotas } from '../../registry/quotas.js'
import { installation, type Registry } from '../../registry/registry.js'
import { newRepository } from '../../registry/repositories/repository.js'
import type { SingleFlight } from '../../coordination/single-flight.js'
import { requireEgress, type Source, type SourceDeps } from '../upstream-source.js'

/** One manifest to be brought from its upstream, under a tag or by its digest alone. */
export interface ManifestImport {
  readonly registry: Registry
  readonly repository: string
  readonly imageId: ImageId
  readonly source: Source
  readonly now: Date
  /** Set by a first pull; what is brought behind it does not bring back a repository that was deleted meanwhile. */
  readonly makesRepository?: boolean
  /** Set for what an index lists: the plan and the reports of the import it is a part of stand for it. */
  readonly isMember?: true
}

/** What importing needs. */
export interface ImportDeps extends SourceDeps {
  readonly blobs: BlobStore
  readonly pins: Pins
  readonly quotas: Quotas
  readonly singleFlight: SingleFlight
  readonly log: Log
  /** Never rejects: an event that cannot be written down takes nothing from what happened. */
  recordEvent(action: CacheAction, now: Date): Promise<void>
}

/**
 * Brings a manifest that is not here: one request to the upstream for all who want it. Answers undefined where somebody
 * else brought it meanwhile. Throws UpstreamFailure; the event says why.
 */
export function importManifest(wanted: ManifestImport, deps: ImportDeps): Promise<PutOutcome | undefined> {
  return deps.singleFlight.do(`import ${flightOf(wanted)}`, async () => {
    const { registry, repository, imageId, source, now } = wanted
    const here = await findImage(deps.store, registry, repository, imageId)
    if (!isFailure(here)) return undefined
    try {
      requireEgress(deps.settings)
      const manifest = await source.upstream.manifest(source.repository, referenceOf(imageId))
      return await keepImage(wanted, manifest, deps)
    } catch (error) {
      const { message: outcome } = error as Error
      if (!wanted.isMember)
        await deps.recordEvent({ ...factsOf(wanted), action: 'import', status: 'FAILED', outcome }, now)
      throw error
    }
  })
}

/**
 * Keeps an image the upstream gave: first its manifest as it came, the repository if it is missing, and a plan to bring
 * the rest; then the image and its tag. So an interruption leaves nothing that cannot be taken up.
 */
export async function keepImage(
  wanted: ManifestImport,
  fetched: UpstreamManifest,
  deps: ImportDeps,
): Promise<PutOutcome> {
  const { registry, repository, now } = wanted
  const { digest, bytes } = fetched
  const manifest = acceptManifest(fetched)
  const { imageTag: tag } = wanted.imageId
  const plan: PlannedImport = {
    ...{ ...registry, repository, digest, plannedAt: now.getTime() },
    ...(tag !== undefined && { tag }),
  }
  await Promise.all([
    keepManifest(deps.blobs, digest, bytes),
    wanted.makesRepository && createRepository(deps.store, registry, newRepository(repository, now), deps.quotas),
    !wanted.isMember && deps.store.imports.put(installation, planKey(plan), plan),
  ])
  const image: NewImage = {
    ...{ repository, digest, manifest, manifestSize: bytes.length, now: now.getTime(), pulledThrough: true },
    ...(tag !== undefined && { tag }),
  }
  const outcome = await recordImage(deps, registry, image, bytes)
  const kept = outcome.tagKept
    ? 'imported untagged: the tag is immutable or was pushed, and keeps its image'
    : 'importing its layers'
  if (!wanted.isMember)
    await deps.recordEvent({ ...factsOf(wanted), digest, action: 'import', status: 'IN_PROGRESS', outcome: kept }, now)
  return outcome
}

/** The key of a planned import: the same image is planned once. */
export const planKey = (plan: { account: string; region: string; repository: string; digest: string }) =>
  keyOf(plan.account, plan.region, plan.repository, plan.digest)

/** What every event about an image of the cache says. */
export const factsOf = ({ registry, repository, imageId, source }: ManifestImport) => ({
  registry,
  repository,
  tag: imageId.imageTag,
  digest: imageId.imageDigest,
  rule: source.rule,
})

/** How the upstream is asked for an image: by tag where there is one. */
export const referenceOf = ({ imageTag, imageDigest }: ImageId) => imageTag ?? imageDigest ?? ''

/** What makes two requests for an image the same request. */
export const flightOf = ({
  registry,
  repository,
  imageId,
}: Pick<ManifestImport, 'registry' | 'repository' | 'imageId'>) =>
  keyOf(registry.account, registry.region, repository, referenceOf(imageId))

function acceptManifest({ bytes, mediaType }: UpstreamManifest) {
  try {
    return parseManifest(bytes, mediaType)
  } catch {
    throw new UpstreamFailure(
      'unavailable',
      `The upstream sent a manifest of a kind that cannot be kept (${mediaType})`,
    )
  }
}
