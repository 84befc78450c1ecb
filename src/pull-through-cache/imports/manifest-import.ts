import type { SingleFlight } from '../../coordination/single-flight.js'
import type { CheckCreationRole, CreationRoleUse } from '../../registry/creation-templates/creation-role.js'
import type { ImportPlan } from '../../registry/cache-rules/cache-rule.js'
import { findImage, isImageFailure } from '../../registry/images/find-image.js'
import type { ImageId } from '../../registry/images/image.js'
import { type ImageStorage, recordImage } from '../../registry/images/image-push.js'
import type { NewImage, PutOutcome } from '../../registry/images/image-registration.js'
import { parseManifest } from '../../registry/images/manifest.js'
import { storeManifest } from '../../registry/images/store-manifest.js'
import { keyOf } from '../../registry/ports/store.js'
import { UpstreamFailure, type UpstreamManifest } from '../../registry/ports/upstream.js'
import type { Quotas } from '../../registry/quotas.js'
import { installation, type Registry } from '../../registry/registry.js'
import type { RequestContext } from '../../registry/request-context.js'
import { createRepositoryByService } from '../../registry/repositories/repository-creation.js'
import { planKey } from '../import-plan.js'
import type { Telemetry } from '../telemetry.js'
import type { UpstreamSource, UpstreamSources } from '../upstream-sources.js'

/** One manifest to be imported from its upstream, under a tag or by its digest alone. */
export interface ManifestImport {
  readonly registry: Registry
  readonly repository: string
  readonly imageId: ImageId
  readonly source: UpstreamSource
  readonly now: Date
  /**
   * Set by a first pull, to the request that creates the repository. The background work after it must not recreate a
   * repository that was deleted meanwhile.
   */
  readonly creationRequest?: RequestContext
  /** Set for a member of an index, which the plan and the reports of the index cover. */
  readonly isMember?: true
  /**
   * Called with the plan for the rest of the image. Its layers can be fetched once `recorded` resolves, while the
   * import still makes sure that the image can be restored and answered. `recorded` rejects if the image is not
   * recorded.
   */
  readonly onPlanned?: (plan: ImportPlan, recorded: Promise<unknown>) => void
}

/** The dependencies of importing manifests. */
export interface ImportDeps {
  readonly storage: ImageStorage & { readonly quotas: Quotas }
  readonly sources: UpstreamSources
  readonly singleFlight: SingleFlight
  readonly checkCreationRole: CheckCreationRole
}

/**
 * Imports a manifest that is not stored. Concurrent requests share one request to the upstream (single-flight). Returns
 * undefined if it has been imported in the meantime. Throws UpstreamFailure, which the event reports too.
 */
export function importManifest(
  target: ManifestImport,
  deps: ImportDeps,
  telemetry: Telemetry,
): Promise<PutOutcome | undefined> {
  return deps.singleFlight.do(`import ${flightKey(target)}`, async () => {
    const { registry, repository, imageId, source, now } = target
    const cached = await findImage(deps.storage.store, registry, repository, imageId)
    if (!isImageFailure(cached)) return undefined
    try {
      deps.sources.requireRoute(source)
      const manifest = await source.upstream.manifest(source.repository, referenceOf(imageId))
      return await storeImage(target, manifest, deps, telemetry)
    } catch (error) {
      const { message: outcome } = error as Error
      if (!target.isMember)
        await telemetry.recordAction({ ...actionFacts(target), action: 'import', status: 'FAILED', outcome }, now)
      throw error
    }
  })
}

/**
 * Stores an image as the upstream sent it: first the manifest's bytes, and the repository if it is missing; then the
 * plan to import the rest; then the image and its tag. In this order an import can be resumed after an interruption at
 * any point, and a repository that cannot be created leaves no plan.
 */
export async function storeImage(
  target: ManifestImport,
  upstreamManifest: UpstreamManifest,
  deps: Pick<ImportDeps, 'storage' | 'checkCreationRole'>,
  telemetry: Telemetry,
): Promise<PutOutcome> {
  const { storage } = deps
  const { repository, now } = target
  const { imageTag } = target.imageId
  const { digest, bytes } = upstreamManifest
  const tag = imageTag === undefined ? {} : { tag: imageTag }
  const manifest = acceptManifest(upstreamManifest)
  // All pins in one commit: storing the manifest and recording the image find them.
  const pinned = storage.pins.pin([digest, ...manifest.blobs.map((blob) => blob.digest)])
  await Promise.all([
    pinned.then(() => storeManifest(storage.blobs, digest, bytes)),
    target.creationRequest && createMissingRepository(target, target.creationRequest, deps, telemetry),
  ])
  const image: NewImage = {
    repository,
    digest,
    manifest,
    manifestSize: bytes.length,
    now: now.getTime(),
    pulledThrough: true,
    ...tag,
  }
  return planAndRecord(image, bytes, target, storage, telemetry)
}

async function planAndRecord(
  image: NewImage,
  bytes: Uint8Array,
  target: ManifestImport,
  storage: ImageStorage,
  telemetry: Telemetry,
): Promise<PutOutcome> {
  const { registry, isMember, onPlanned } = target
  const { repository, digest, tag, now } = image
  const plan = { ...registry, repository, digest, ...(tag !== undefined && { tag }), plannedAt: now }
  let [onRecorded, reported] = [() => {}, Promise.resolve()]
  const recorded = new Promise<void>((resolve) => (onRecorded = resolve))

  async function record(): Promise<PutOutcome> {
    if (!isMember) await recordPlan(plan, storage)
    return recordImage(storage, registry, image, bytes, (outcome) => {
      if (!isMember) reported = reportImporting(target, digest, outcome, telemetry)
      onRecorded()
    })
  }
  const put = record()
  onPlanned?.(plan, Promise.race([recorded, put]))
  const outcome = await put
  await reported
  return outcome
}

function reportImporting(
  target: ManifestImport,
  digest: string,
  { isTagUnmoved }: PutOutcome,
  telemetry: Telemetry,
): Promise<void> {
  const outcome = isTagUnmoved
    ? 'imported untagged: the tag is immutable or was pushed, and keeps its image'
    : 'importing its layers'
  const action = { ...actionFacts(target), digest, action: 'import', status: 'IN_PROGRESS', outcome } as const
  return telemetry.recordAction(action, target.now)
}

function createMissingRepository(
  { registry, repository, now }: ManifestImport,
  request: RequestContext,
  { storage: { store, quotas }, checkCreationRole }: Pick<ImportDeps, 'storage' | 'checkCreationRole'>,
  { log }: Telemetry,
): Promise<boolean> {
  const checkRole = (use: CreationRoleUse) => checkCreationRole(use, request)
  const creation = { reason: 'PULL_THROUGH_CACHE', now, checkRole, log } as const
  return createRepositoryByService(store, registry, repository, creation, quotas)
}

const recordPlan = (plan: ImportPlan, { store }: Pick<ImageStorage, 'store'>): Promise<void> =>
  store.imports.put(installation, planKey(plan), plan)

/** The facts that every event about an image of the cache contains. */
export const actionFacts = ({ registry, repository, imageId, source }: ManifestImport) => ({
  registry,
  repository,
  tag: imageId.imageTag,
  digest: imageId.imageDigest,
  rule: source.rule,
})

/** The reference by which an image is requested from the upstream: the tag if there is one. */
const referenceOf = ({ imageTag, imageDigest }: ImageId) => imageTag ?? imageDigest ?? ''

/** The part of a single-flight key that identifies an image: requests with the same key share one run. */
export const flightKey = ({ registry, repository, imageId }: ManifestImport): string =>
  keyOf(registry.account, registry.region, repository, referenceOf(imageId))

function acceptManifest({ bytes, mediaType }: UpstreamManifest) {
  try {
    return parseManifest(bytes, mediaType)
  } catch {
    throw new UpstreamFailure(
      'unavailable',
      `The upstream sent a manifest of a type that cannot be stored (${mediaType})`,
    )
  }
}
