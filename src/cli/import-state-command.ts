import { createReadStream, existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { openStorage } from '../compose/storage.js'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import type { Log } from '../registry/ports/log.js'
import { noMetrics } from '../registry/ports/metrics.js'
import { archiveEntries } from '../transfer/archive-reader.js'
import { importState } from '../transfer/import-state.js'
import { openProgress } from './progress-display.js'
import { contentsOf, documentOf, type TransferReport } from './transfer-report.js'

type Streams = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>

/**
 * Imports the state that `ecr-local export` wrote to a file, or reads it from standard input if the operand is `-`, and
 * returns the report. Throws UsageError if that is impossible; then nothing was imported.
 */
export async function importFrom(operand: string, config: Config, log: Log, streams: Streams): Promise<TransferReport> {
  if (config.store === 'memory')
    throw new UsageError(
      'ecr-local import needs a store that outlives it: --store memory ends with the process. Name a --data-dir, or a Redis with --store',
    )
  const input = inputOf(operand, streams)
  const storage = await openStorage(config, { log, metrics: noMetrics, readsUnverified: true }, { everyPage: true })
  const { transfer } = storage
  const progress = openProgress(streams)
  try {
    if (!transfer) throw new UsageError('State in memory cannot be imported')
    const manifest = await importState(archiveEntries(input), { ...storage, transfer }, { report: progress.report })
    storage.confirm()
    return {
      text: `Imported ${contentsOf(manifest)}, as of ${manifest.exportedAt}.`,
      document: documentOf(operand, manifest),
    }
  } finally {
    progress.end()
    input.destroy()
    await storage.close()
  }
}

function inputOf(operand: string, { stdin }: Streams): Readable {
  if (operand !== '-') {
    if (existsSync(operand)) return createReadStream(operand)
    throw new UsageError(
      `There is no file ${operand}. To import an image of that name from its upstream, add its tag: ${operand}:latest`,
    )
  }
  if (stdin.isTTY) throw new UsageError('- is standard input, and that is a terminal: ecr-local import - < state.tar')
  return stdin
}
