import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import type { SweepReport } from '../upkeep/collection/sweep-run.js'
import { sweep } from '../upkeep/collection/sweep.js'
import type { Log } from '../registry/ports/log.js'
import type { ReportStep } from '../registry/ports/progress.js'
import { noMetrics } from '../registry/ports/metrics.js'
import { formatBytes, formatCount } from '../registry/amounts.js'
import { openExistingStorage } from './existing-storage.js'

/** How gc reports: as JSON, and with its steps. */
interface GcOptions {
  readonly json?: boolean
  readonly reportStep?: ReportStep
}

/**
 * Removes unreferenced layers, blobs and uploads, as planes do periodically in the background, and returns a report.
 * Planes may be running. Throws UsageError if the store and the blobs belong to different installations.
 */
export async function gc(config: Config, log: Log, { json = false, ...progress }: GcOptions = {}): Promise<string> {
  const storage = await openExistingStorage(config, 'gc', log)
  try {
    const { graceSeconds } = config.garbage
    const deps = { ...storage, log, metrics: noMetrics, graceSeconds, ...progress }
    const sweepReport = await sweep(deps, { waits: true })
    if (sweepReport?.refusal !== undefined) throw new UsageError(`Nothing was removed. ${sweepReport.refusal}`)
    if (!sweepReport) return ''
    return json ? jsonReport(sweepReport) : report(sweepReport)
  } finally {
    await storage.close()
  }
}

function report({ layer, blob, upload, temporary, lostImages }: SweepReport): string {
  const lines = [
    layer.count > 0 && `Removed ${formatCount(layer.count, 'layer')} that no image of the repository names.`,
    blob.count > 0 && `Removed ${formatCount(blob.count, 'blob')} that nothing refers to: ${formatBytes(blob.bytes)}.`,
    upload.count > 0 && `Removed ${formatCount(upload.count, 'abandoned upload')}: ${formatBytes(upload.bytes)}.`,
    temporary.count > 0 && `Removed ${formatCount(temporary.count, 'temporary file')} of processes that have ended.`,
    lostImages > 0 &&
      `${formatCount(lostImages, 'image')} named beside the blobs and not in the store: ecr-local fsck --repair restores them.`,
  ].filter((line) => line !== false)
  return `${(lines.length > 0 ? lines : ['There is nothing to remove.']).join('\n')}\n`
}

const jsonReport = ({ layer, blob, upload, temporary, lostImages }: SweepReport): string => {
  const removed = {
    layers: { count: layer.count },
    blobs: blob,
    uploads: upload,
    temporaryFiles: { count: temporary.count },
  }
  return `${JSON.stringify({ removed, lostImages })}\n`
}
