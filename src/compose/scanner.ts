import { findingsFileScanner } from '../adapters/scanner/findings-file-scanner.js'
import type { Config } from '../config/config.js'
import { parseFindingsFile } from '../config/findings-file.js'
import type { Log } from '../registry/ports/log.js'
import { noScanner, type Scanner } from '../registry/ports/scanner.js'

/**
 * The scanner that the settings name. Throws errors of one line each, to be shown to the user, if its file has a mistake
 * or it is not installed.
 */
export async function openScanner({ scanFindings }: Config, log: Log): Promise<Scanner> {
  if (scanFindings !== undefined)
    return findingsFileScanner({ path: scanFindings, parse: parseFindingsFile, packagesOf: async () => new Map(), log })
  return noScanner
}
