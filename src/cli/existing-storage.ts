import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDataDirectoryMissing, openStorage, type Storage } from '../compose/storage.js'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import type { Log } from '../registry/ports/log.js'
import { noMetrics } from '../registry/ports/metrics.js'

/**
 * Opens the planes' storage for a maintenance command without creating anything that remains: if images are in S3 and
 * this machine has no data directory, a temporary one is used. Throws UsageError if there is no storage to open.
 */
export async function openExistingStorage(config: Config, command: string, log: Log): Promise<Storage> {
  requireExisting(config, command)
  const options = { log, metrics: noMetrics, readsUnverified: true } as const
  if (existsSync(config.dataDir)) return openStorage(config, options, { everyPage: true })
  const dataDir = mkdtempSync(join(tmpdir(), 'ecr-local-'))
  const remove = () => rmSync(dataDir, { recursive: true, force: true })
  try {
    const storage = await openStorage({ ...config, dataDir }, options, { everyPage: true })
    return { ...storage, close: () => storage.close().finally(remove) }
  } catch (error) {
    remove()
    throw error
  }
}

/** State in memory belongs to another process, and a data directory created now would be empty. */
function requireExisting(config: Config, command: string): void {
  const { store, dataDir } = config
  if (store === 'memory')
    throw new UsageError(`ecr-local ${command} works on stored state: --store memory stores nothing`)
  if (isDataDirectoryMissing(config))
    throw new UsageError(
      `${dataDir} is not a data directory, so there is nothing for ecr-local ${command}: name the one the planes use with --data-dir`,
    )
}
