import type { FindingsFile } from '../registry/scanning/findings-file.js'
import { parseJson } from './json.js'
import { brokenFindingsRule } from './rules.js'
import { UsageError } from './usage-error.js'

/**
 * Parses the file that `scanFindings` names and checks it against `scan-findings.schema.json`. Throws UsageError with
 * the place of the first mistake.
 */
export function parseFindingsFile(text: string, path: string): FindingsFile {
  const file = parseJson(text.replace(/^\uFEFF/, ''), path)
  const broken = brokenFindingsRule(file)
  if (broken) throw new UsageError(`${path}: ${broken.path || 'the whole'} ${broken.complaint}`)
  return file as FindingsFile
}
