import type { Config } from '../config/config.js'
import { checkInstallation as check } from '../upkeep/fsck/check-installation.js'
import type { Log } from '../registry/ports/log.js'
import type { ReportStep } from '../registry/ports/progress.js'
import { formatBytes, formatCount } from '../registry/amounts.js'
import { openExistingStorage } from './existing-storage.js'

/** The report of fsck, and whether everything is in order now. */
export interface FsckOutcome {
  readonly text: string
  readonly ok: boolean
}

/** What fsck is to do, and how it reports. */
interface FsckOptions {
  readonly repair: boolean
  readonly json?: boolean
  readonly report?: ReportStep
}

/**
 * Compares every blob with its digest and every record with the blobs, and with `repair` repairs what it can. Planes
 * may be running. Throws UsageError if there is no storage.
 */
export async function fsck(config: Config, options: FsckOptions, log: Log): Promise<FsckOutcome> {
  const { repair, json = false } = options
  const storage = await openExistingStorage(config, 'fsck', log)
  try {
    const { blobs, bytes, images, findings } = await storage.reserve.during(() => check(storage, options))
    const { count: found, repairedCount: repaired } = findings
    const ok = found === repaired
    if (json) {
      const report = { ok, blobs, bytes, images, faults: found, repaired, findings: findings.lines() }
      return { text: `${JSON.stringify(report)}\n`, ok }
    }
    const looked = `${formatCount(blobs, 'blob')} (${formatBytes(bytes)}) and ${formatCount(images, 'image')} checked`
    const lines = [...findings.lines(), `${looked}: ${outcomeOf(found, repaired, repair)}.`]
    return { text: `${lines.join('\n')}\n`, ok }
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
