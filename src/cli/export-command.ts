import { existsSync, rmSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import type { Config } from '../config/config.js'
import { UsageError } from '../config/usage-error.js'
import type { Log } from '../registry/ports/log.js'
import { archiveWriter } from '../transfer/archive-writer.js'
import { type ExportReport, exportState } from '../transfer/export-state.js'
import { version } from '../version.js'
import { openExistingStorage } from './existing-storage.js'
import { openProgress } from './progress-display.js'
import { contentsOf, documentOf, type TransferReport } from './transfer-report.js'

/** Standard output and standard error, the environment, and the signals that end an export. */
type Streams = Pick<NodeJS.Process, 'stdout' | 'stderr' | 'env' | 'on' | 'exit'>

/** Readable for the owner only, as the data directory is. */
const PRIVATE_FILE = 0o600

/**
 * Writes the state to a file, or to standard output if the operand is `-`, and returns the report. The file has its
 * name only once it is complete. Planes may be running. Throws UsageError if there is no state, or if the file
 * exists.
 */
export async function exportTo(operand: string, config: Config, log: Log, streams: Streams): Promise<TransferReport> {
  const { stdout } = streams
  if (operand !== '-') return exportToFile(operand, config, log, streams)
  if (stdout.isTTY) throw new UsageError('- is standard output, and that is a terminal: ecr-local export - > state.tar')
  stdout.on('error', () => {})
  return reportOf(await exportInto(stdout, config, log, streams), operand)
}

async function exportToFile(file: string, config: Config, log: Log, streams: Streams): Promise<TransferReport> {
  requireAbsent(file)
  const draft = `${file}.partial`
  const handle = await open(draft, 'wx', PRIVATE_FILE).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST')
      throw new UsageError(`${draft} exists: another export writes it, or one was interrupted and it can be removed`)
    throw new UsageError(
      `${file} cannot be written (${error.code}): name a file in a directory that exists and is yours`,
    )
  })
  const remove = () => rmSync(draft, { force: true })
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    streams.on(signal, () => {
      remove()
      streams.exit(1)
    })
  try {
    const report = await exportInto(handle.createWriteStream({ flush: true }), config, log, streams)
    requireAbsent(file)
    await rename(draft, file)
    return reportOf(report, file)
  } catch (error) {
    remove()
    throw error
  }
}

function requireAbsent(file: string): void {
  if (existsSync(file)) throw new UsageError(`${file} exists, and an export overwrites nothing: name another file`)
}

async function exportInto(output: Writable, config: Config, log: Log, streams: Streams): Promise<ExportReport> {
  const storage = await openExistingStorage(config, 'export', log)
  const { transfer } = storage
  const exportedAt = storage.clock.wall()
  const archive = archiveWriter(output, exportedAt)
  const progress = openProgress(streams)
  try {
    if (!transfer) throw new UsageError('State in memory cannot be exported')
    return await exportState({ ...storage, transfer }, { archive, version, exportedAt, report: progress.report })
  } catch (error) {
    await archive.abandon(error as Error)
    if ((error as NodeJS.ErrnoException).code === 'EPIPE')
      throw new UsageError('The program that reads the archive has ended before it was complete')
    throw error
  } finally {
    progress.end()
    await storage.close()
  }
}

function reportOf({ manifest, absentBlobs }: ExportReport, file: string): TransferReport {
  const where = file === '-' ? 'standard output' : file
  const absent = `, without ${absentBlobs} ${absentBlobs === 1 ? 'blob' : 'blobs'} that records name and the storage does not have: an upstream sends them, or ecr-local fsck names them`
  return {
    text: `Exported to ${where}: ${contentsOf(manifest)}${absentBlobs > 0 ? absent : ''}.`,
    document: { ...documentOf(file, manifest), absentBlobs },
  }
}
