import type { Image, Tag } from '../../registry/images/image.js'
import type { PutOutcome } from '../../registry/images/image-registration.js'
import type { Wait } from '../../registry/ports/importer.js'
import type { Registry } from '../../registry/registry.js'
import type { Telemetry } from '../telemetry.js'
import { checkTag, type TagCheck } from './freshness.js'
import { type ImportDeps, importManifest, type ManifestImport } from './manifest-import.js'
import { checkReferrers } from './referrers-check.js'
import { repairManifest } from './repair-manifest.js'

/**
 * Everything the cache does with manifests. Concurrent requests for the same work share one run, also across processes
 * (single-flight).
 */
export interface Imports {
  /** Imports a manifest that is not stored: see manifest-import.ts. */
  importManifest(target: ManifestImport, telemetry: Telemetry): Promise<PutOutcome | undefined>
  /** Checks whether a cached tag has moved in the upstream, and moves it here too: see freshness.ts. Never rejects. */
  checkTag(target: ManifestImport, isDue: (tag: Tag) => boolean, telemetry: Telemetry): Promise<TagCheck>
  /** Imports referrers of a cached image that are not stored yet: see referrers-check.ts. */
  checkReferrers(subject: ManifestImport, isDue: (image: Image) => boolean, telemetry: Telemetry): Promise<PutOutcome[]>
  /** Fetches a cached manifest again if its bytes are lost or damaged: see repair-manifest.ts. */
  repairManifest(registry: Registry, image: Image, wait: Wait, telemetry: Telemetry): Promise<void>
}

/** The imports of one process. */
export const imports = (deps: ImportDeps): Imports => ({
  importManifest: (target, telemetry) => importManifest(target, deps, telemetry),
  checkTag: (target, isDue, telemetry) => checkTag(target, isDue, deps, telemetry),
  checkReferrers: (subject, isDue, telemetry) => checkReferrers(subject, isDue, deps, telemetry),
  repairManifest: (registry, image, wait, telemetry) => repairManifest(registry, image, wait, deps, telemetry),
})
