import type { ImageChange } from '../../registry/images/image-change.js'
import type { Blobs } from '../../registry/ports/blob-store.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import type { Quotas } from '../../registry/quotas.js'
import type { Registry } from '../../registry/registry.js'
import { scannableContents } from '../../registry/scanning/scannable.js'
import { startScan } from '../../registry/scanning/scan-start.js'
import { readScanningConfiguration, scanningOf } from '../../registry/scanning/scanning-configuration.js'
import type { ScanFrequency } from '../../registry/scanning/scanning-records.js'
import type { ImageChangeReaction } from '../image-changes.js'

/** The dependencies of starting scans without a request. */
export interface ScanStartDeps {
  readonly store: Store
  readonly blobs: Pick<Blobs, 'read'>
  readonly quotas: Pick<Quotas, 'scansPerDay'>
}

/**
 * Starts a scan of each pushed image, pulled-through image and copy whose repository is scanned on push. An image that
 * was scanned less than 24 hours ago keeps its result with basic scanning. A restored image is scanned if its
 * repository is scanned continuously, because no image is scanned in the archive.
 */
export const scanOnPush =
  (deps: ScanStartDeps): ImageChangeReaction =>
  async (registry, change) => {
    const { action, targetStorageClass } = change
    const isRestored = action === 'UPDATE_STORAGE_CLASS' && targetStorageClass === 'STANDARD'
    if (action === 'PUSH') await scanChangedImage(deps, registry, change, ['SCAN_ON_PUSH', 'CONTINUOUS_SCAN'])
    if (isRestored) await scanChangedImage(deps, registry, change, ['CONTINUOUS_SCAN'])
  }

async function scanChangedImage(
  { store, blobs, quotas }: ScanStartDeps,
  registry: Registry,
  { repository: name, digest, at }: ImageChange,
  frequencies: readonly ScanFrequency[],
): Promise<void> {
  const [configuration, repository, image] = await Promise.all([
    readScanningConfiguration(store, registry),
    store.repositories.get(registry, name),
    store.images.get(registry, keyOf(name, digest)),
  ])
  if (!repository || !image) return
  const { scanType } = configuration
  const { scanFrequency } = scanningOf(configuration, repository)
  if (!frequencies.includes(scanFrequency) || !(await scannableContents(image, blobs))) return
  const now = new Date(at)
  await startScan(store, registry, { repository: name, digest, scanType, isManual: false, now }, quotas)
}
