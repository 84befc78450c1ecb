import { yieldToEventLoop } from '../../coordination/event-loop.js'
import type { Image } from '../../registry/images/image.js'
import { imageStatus } from '../../registry/images/storage-class.js'
import { listEach } from '../../registry/list-records.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Scanner } from '../../registry/ports/scanner.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { scannableContents } from '../../registry/scanning/scannable.js'
import { startScan } from '../../registry/scanning/scan-start.js'
import { SCANNING_CONFIGURATION, scanningOf } from '../../registry/scanning/scanning-configuration.js'
import type { StoredScanningConfiguration } from '../../registry/scanning/scanning-records.js'
import { attemptEach } from '../attempt-each.js'
import type { Task } from '../tasks.js'
import type { ScanStartDeps } from './scan-on-push.js'

/** The dependencies of continuous scanning. */
export interface ContinuousScansDeps extends ScanStartDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly scanner: Scanner
}

/**
 * The task of continuous scanning: it starts a scan of each image in a continuously scanned repository that has no
 * result of the present version of the source of findings. The images are looked at when that version or the
 * configuration of their registry has changed, and after a start; pushed images are scanned by the reaction to pushes.
 */
export function continuousScansTask(deps: ContinuousScansDeps): Task {
  /** By registry, the configuration and the version for which its images have been looked at. */
  const scanned = new Map<string, string>()
  return {
    name: 'continuous scans',
    everyMs: 5_000,
    watches: ['scanningConfigurations'],
    isDue: async () => (await registriesToScan(deps, scanned)).length > 0,
    async run(stopSignal) {
      await attemptEach(await registriesToScan(deps, scanned), async ({ registry, name, state, ...source }) => {
        await scanRegistry(deps, registry, source, stopSignal)
        if (stopSignal.aborted) return 'stop'
        scanned.set(name, state)
      })
    },
  }
}

/** What the scans of a registry follow from. */
interface ScanSource {
  readonly configuration: StoredScanningConfiguration
  readonly version: string
}

/** The registries with enhanced scanning whose present state has not been looked at. */
async function registriesToScan({ store, scanner }: ContinuousScansDeps, scanned: ReadonlyMap<string, string>) {
  const states: (ScanSource & { readonly registry: Registry; readonly name: string; readonly state: string })[] = []
  for (const registry of await store.registries()) {
    const configuration = await store.scanningConfigurations.get(registry, SCANNING_CONFIGURATION)
    if (configuration?.scanType !== 'ENHANCED') continue
    const version = await scanner.sourceVersion()
    const state = keyOf(String(configuration.updatedAt), version)
    const name = keyOf(registry.account, registry.region)
    if (scanned.get(name) !== state) states.push({ configuration, version, registry, name, state })
  }
  return states
}

async function scanRegistry(
  { store, ...deps }: ContinuousScansDeps,
  registry: Registry,
  { configuration, version }: ScanSource,
  stopSignal: AbortSignal,
): Promise<void> {
  for await (const repository of listEach(store.repositories, registry, {})) {
    if (scanningOf(configuration, repository).scanFrequency !== 'CONTINUOUS_SCAN') continue
    for await (const image of listEach(store.images, registry, { prefix: keyOf(repository.name, '') })) {
      if (stopSignal.aborted) return
      await scanImage({ store, ...deps }, registry, image, version)
      await yieldToEventLoop()
    }
  }
}

async function scanImage(
  { store, blobs, clock, quotas }: ContinuousScansDeps,
  registry: Registry,
  image: Image,
  version: string,
): Promise<void> {
  const { repository, digest } = image
  const now = await clock.now()
  const scan = (await store.imageScans.get(registry, keyOf(repository, digest)))?.ENHANCED
  const isCurrent = scan?.status === 'IN_PROGRESS' || (scan?.status === 'COMPLETE' && isOf(version, scan.completed))
  if (isCurrent || imageStatus(image, now) === 'ARCHIVED' || !(await scannableContents(image, blobs))) return
  await startScan(store, registry, { repository, digest, scanType: 'ENHANCED', isManual: false, now }, quotas)
}

const isOf = (version: string, completed: { readonly sourceVersion: string } | undefined) =>
  completed?.sourceVersion === version
