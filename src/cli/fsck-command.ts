import type { Config } from '../config/config.js'
import { checkInstallation as check } from '../upkeep/fsck/check-installation.js'
import type { Log } from '../registry/ports/log.js'
import { formatBytes, formatCount } from '../registry/amounts.js'
import { openExistingStorage } from './existing-storage.js'

/** The report of fsck, and whether everything is in order now. */
export interface FsckOutcome {
  readonly text: string
  readonly ok: boolean
}

/**
 * Compares every blob with its digest and every record with the blobs, and with `repair` repairs what it can. Planes
 * may be running. Throws UsageError if there is no storage.
 */
export async function fsck(config: Config, { repair }: { repair: boolean }, log: Log): Promise<FsckOutcome> {
  const storage = await openExistingStorage(config, 'fsck', log)
  try {
    const { blobs, bytes, images, findings } = await storage.reserve.during(() => check(storage, { repair }))
    const { count: found, repairedCount: repaired } = findings
    const looked = `${formatCount(blobs, 'blob')} (${formatBytes(bytes)}) and ${formatCount(images, 'image')} checked`
    const lines = [...findings.lines(), `${looked}: ${outcomeOf(found, repaired, repair)}.`]
    return { text: `${lines.join('\n')}\n`, ok: found === repaired }
  } finally {
    await storage.close()
  }
}

function outcomeOf(faultCount: number, repairedCount: number, repair: boolean): string {
  if (faultCount === 0) return 'nothing is wrong'
  if (faultCount === repairedCount) return `${formatCount(repairedCount, 'thing')} wrong, all repaired`
  if (repair) return `${formatCount(faultCount, 'thing')} wrong, ${repairedCount} repaired`
  return `${formatCount(faultCount, 'thing')} wrong; --repair repairs what can be repaired`
}
