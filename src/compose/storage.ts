import { join } from 'node:path'
import { filesystemBlobStore } from '../adapters/filesystem/blob-store.js'
import { confirmDataDirectory, isDataDirectory, openDataDirectory } from '../adapters/filesystem/data-directory.js'
import { diskReserve } from '../adapters/filesystem/disk-reserve.js'
import { diskSpaceOf } from '../adapters/filesystem/measured-disk.js'
import { memoryBlobStore } from '../adapters/memory/blob-store.js'
import { memoryKeyValue } from '../adapters/memory/key-value.js'
import { withSmallBlobsInMemory } from '../adapters/memory/small-blobs.js'
import { verifiedBlobs } from '../adapters/memory/verified-blobs.js'
import { streamed } from '../adapters/s3/streamed.js'
import { systemClock } from '../adapters/system/system-clock.js'
import { randomIds } from '../adapters/system/random-ids.js'
import type { Config } from '../config/config.js'
import { pinnedBlobs } from '../upkeep/pinned-blobs.js'
import { storedPins } from '../upkeep/stored-pins.js'
import type { Pins } from '../registry/ports/pins.js'
import { leasesOn } from '../coordination/leases/leases.js'
import type { BlobStore } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import { type MeasureDisk, noDisk } from '../registry/ports/disk-space.js'
import type { Ids } from '../registry/ports/ids.js'
import type { KeyValue } from '../registry/ports/key-value.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Log } from '../registry/ports/log.js'
import type { Metrics } from '../registry/ports/metrics.js'
import type { LastingKeyValue, RecordTransfer } from '../registry/ports/record-transfer.js'
import { noReserve, type Reserve } from '../registry/ports/reserve.js'
import type { Store } from '../registry/ports/store.js'
import { storeOf } from '../store/store-of.js'
import { watchedKeyValue } from '../store/watched-key-value.js'

/** Everything that survives a process, and the coordination of the processes that share it. */
export interface Storage {
  readonly store: Store
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly ids: Ids
  readonly leases: Leases
  readonly pins: Pins
  readonly reserve: Reserve
  readonly measureDisk: MeasureDisk
  /** For exports and imports; undefined in memory. */
  readonly transfer: RecordTransfer | undefined
  /** Resolves with the reason if the store is lost for good, so that this process has to end. */
  readonly failed: Promise<Error>
  /** Says that the installation is in use, so that commands such as `fsck` accept its data directory from now on. */
  confirm(): void
  close(): Promise<void>
}

interface StorageDeps {
  readonly log: Log
  readonly metrics: Metrics
  /**
   * Set by commands that verify blobs themselves: blobs are then neither verified nor quarantined when they are read.
   */
  readonly readsUnverified?: true
  /** Called with the name of each collection that this process has written to. */
  readonly onWrite?: (collection: string) => void
}

/** How thoroughly the store is checked before it is opened. */
export interface OpenOptions {
  /** Checks every page of an embedded store. */
  readonly everyPage?: boolean
}

/**
 * Opens the store and the blobs that the settings name. The adapters for LMDB, Redis and S3 are loaded only if they are
 * used: the clients of Redis and S3 take as long to load as the rest of a start, and LMDB is native code that may not
 * exist for a platform. Throws errors of one line each, to be shown to the user.
 */
export async function openStorage(config: Config, deps: StorageDeps, options: OpenOptions = {}): Promise<Storage> {
  if (config.store !== 'memory') openDataDirectory(config.dataDir, deps.log)
  let onLost: (error: Error) => void = () => {}
  const failed = new Promise<Error>((resolve) => (onLost = resolve))
  const onWrite = (collection: string) => deps.onWrite?.(collection)
  const keyValue = await openKeyValue(config, deps, { ...options, onLost })
  const store = storeOf(watchedKeyValue(keyValue, onWrite))
  try {
    const blobs = await openBlobs(config, deps)
    const reserve = config.store === 'memory' ? noReserve : diskReserve(config.dataDir, deps.log)
    const measureDisk = config.store !== 'memory' && config.blobs === 'disk' ? diskSpaceOf(config.dataDir) : noDisk
    const parts = partsOn(store, blobs, config, deps)
    const confirm = () => void (config.store !== 'memory' && confirmDataDirectory(config.dataDir))
    const close = () => reserve.settled().then(parts.close)
    return { ...parts, reserve, measureDisk, transfer: keyValue.transfer, failed, confirm, close }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Whether planes with these settings need a data directory that none have used yet. */
export const isDataDirectoryMissing = ({ store, blobs, dataDir }: Config): boolean =>
  (store === 'embedded' || (store !== 'memory' && blobs === 'disk')) && !isDataDirectory(dataDir)

function partsOn(
  store: Store,
  blobs: BlobStore,
  { garbage }: Config,
  { log }: StorageDeps,
): Omit<Storage, 'reserve' | 'measureDisk' | 'transfer' | 'failed' | 'confirm'> {
  const clock = systemClock(store)
  const ids = randomIds
  const pins = storedPins({ store, clock, graceSeconds: garbage.graceSeconds })
  const leases = leasesOn({ store, ids, log })
  return {
    store,
    blobs: pinnedBlobs(blobs, pins),
    clock,
    ids,
    leases,
    pins,
    async close() {
      leases.stop()
      await store.close()
    },
  }
}

async function openKeyValue(
  { store, dataDir }: Config,
  { log, metrics }: StorageDeps,
  { everyPage = false, onLost }: OpenOptions & { readonly onLost: (error: Error) => void },
): Promise<KeyValue & Partial<Pick<LastingKeyValue, 'transfer'>>> {
  if (store === 'memory') return memoryKeyValue()
  if (store === 'embedded')
    return (await import('../adapters/lmdb/key-value.js')).lmdbKeyValue({ path: join(dataDir, 'state'), everyPage })
  const { redisKeyValue } = await import('../adapters/redis/key-value.js')
  return redisKeyValue({ url: store, log, onRoundTrip: () => metrics.storeRoundTrip(), onLost })
}

async function openBlobs(
  { store, blobs, blobDelivery, dataDir }: Config,
  { log, readsUnverified }: StorageDeps,
): Promise<BlobStore> {
  if (store === 'memory') return memoryBlobStore()
  const onDisk = (root: string) => filesystemBlobStore({ root, ids: randomIds })
  const withVerification = (stored: BlobStore, hashesOnSend: boolean) =>
    withSmallBlobsInMemory(readsUnverified ? stored : verifiedBlobs(stored, { log, hashesOnSend }))
  if (blobs === 'disk') return withVerification(onDisk(dataDir), true)
  const { s3BlobStore } = await import('../adapters/s3/blob-store.js')
  const inBucket = await s3BlobStore({ url: blobs, spool: onDisk(join(dataDir, 'spool')), ids: randomIds })
  return withVerification(blobDelivery === 'stream' ? streamed(inBucket) : inBucket, false)
}
