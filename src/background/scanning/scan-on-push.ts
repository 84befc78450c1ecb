import type { ImageChange } from '../../registry/images/image-change.js'
import type { Blobs } from '../../registry/ports/blob-store.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import type { Quotas } from '../../registry/quotas.js'
import type { Registry } from '../../registry/registry.js'
import { scannableContents } from '../../registry/scanning/scannable.js'
import { startScan } from '../../registry/scanning/scan-start.js'
import { readScanningConfiguration, scanningOf } from '../../registry/scanning/scanning-configuration.js'
import type { ImageChangeReaction } from '../image-changes.js'

/** The dependencies of starting scans without a request. */
export interface ScanStartDeps {
  readonly store: Store
  readonly blobs: Pick<Blobs, 'read'>
  readonly quotas: Pick<Quotas, 'scansPerDay'>
}

/**
 * Starts a scan of each pushed image, pulled-through image and copy whose repository is scanned on push. An image that was
 * scanned less than 24 hours ago keeps its result with basic scanning.
 */
export const scanOnPush =
  (deps: ScanStartDeps): ImageChangeReaction =>
  async (registry, change) => {
    if (change.action === 'PUSH') await scanPushedImage(deps, registry, change)
  }

async function scanPushedImage(
  { store, blobs, quotas }: ScanStartDeps,
  registry: Registry,
  { repository: name, digest, at }: ImageChange,
): Promise<void> {
  const [configuration, repository, image] = await Promise.all([
    readScanningConfiguration(store, registry),
    store.repositories.get(registry, name),
    store.images.get(registry, keyOf(name, digest)),
  ])
  if (!repository || !image) return
  const { scanType } = configuration
  const { scanFrequency } = scanningOf(configuration, repository)
  if (scanFrequency === 'MANUAL' || !(await scannableContents(image, blobs))) return
  const now = new Date(at)
  await startScan(store, registry, { repository: name, digest, scanType, isManual: false, now }, quotas)
}
