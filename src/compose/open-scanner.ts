import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config/config.js'
import { parseFindingsFile } from '../config/parse-findings.js'
import type { Blobs } from '../registry/ports/blob-store.js'
import type { Log } from '../registry/ports/log.js'
import { noScanner, type Scanner } from '../registry/ports/scanner.js'

/**
 * The scanner that the settings name, loaded only if it is used. Throws errors of one line each, to be shown to the
 * user, if its file has a mistake or its program cannot be run.
 */
export async function openScanner(
  { scanFindings: path, scanner, scanTimeoutSeconds, store, dataDir }: Config,
  { blobs, log }: { readonly blobs: Blobs; readonly log: Log },
): Promise<Scanner> {
  if (path !== undefined) {
    const { findingsFileScanner } = await import('../adapters/scanner/findings-file-scanner.js')
    return findingsFileScanner({ path, parse: parseFindingsFile, blobs, log })
  }
  if (scanner === undefined) return noScanner
  const { trivyScanner } = await import('../adapters/scanner/trivy.js')
  const directory = store === 'memory' ? join(tmpdir(), `ecr-local-scan-${process.pid}`) : join(dataDir, 'scan')
  return trivyScanner({ blobs, directory, timeoutSeconds: scanTimeoutSeconds })
}
