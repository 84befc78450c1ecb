import { Readable, Writable } from 'node:stream'
import { openStorage } from '../../src/compose/storage.js'
import { defaultConfig } from '../../src/config/config.js'
import { noMetrics } from '../../src/registry/ports/metrics.js'
import { type ReportStep, unreported } from '../../src/registry/ports/progress.js'
import { archiveEntries } from '../../src/transfer/archive-reader.js'
import { archiveWriter } from '../../src/transfer/archive-writer.js'
import { exportState } from '../../src/transfer/export-state.js'
import { importState } from '../../src/transfer/import-state.js'
import { recordFiles } from '../../src/transfer/record-files.js'
import { travellingCollections } from '../../src/transfer/travelling-records.js'
import { labelInstallation } from '../../src/upkeep/installation-label.js'
import { startEmulator } from './emulator.js'
import { silent } from './silent-log.js'
import { temporaryDirectory } from './temporary-directory.js'

/** When the archives of specs are made. */
const exportedAt = new Date('2026-01-02T03:04:05.000Z')

/** An installation in a directory of its own with an SDK client, and what exports and imports do with it. */
export async function installationOnDisk() {
  const directory = await temporaryDirectory()
  const config = { ...defaultConfig, dataDir: `${directory.path}/data` }
  const { transfer, ...opened } = await openStorage(config, { log: silent, metrics: noMetrics, readsUnverified: true })
  if (!transfer) throw new Error('This store has no transfer')
  const storage = { ...opened, transfer }
  const { store, blobs, pins, leases } = storage
  const emulator = await startEmulator({ store, blobs, pins, leases })
  return {
    storage,
    dataDir: config.dataDir,
    ecr: emulator.ecr,
    label: () => labelInstallation(store, blobs, storage.ids),
    /** The archive of its state. */
    async exported(report: ReportStep = unreported): Promise<Buffer> {
      const chunks: Buffer[] = []
      const output = new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(chunk)
          done()
        },
      })
      const archive = archiveWriter(output, exportedAt)
      try {
        await exportState(storage, { archive, version: '0.0.0', exportedAt, report })
      } catch (error) {
        await archive.abandon(error as Error)
        throw error
      }
      return Buffer.concat(chunks)
    },
    /** Imports an archive that arrives in pieces. */
    import: (archive: Buffer, report: ReportStep = unreported) =>
      importState(archiveEntries(Readable.from(piecesOf(archive))), storage, { report }),
    /** The records that travel, by the names of their files in an archive. */
    async records(): Promise<Record<string, string>> {
      const snapshot = await transfer.snapshot(travellingCollections)
      const files: Record<string, string> = {}
      for await (const { name, bytes } of recordFiles(snapshot)) files[name] = bytes.toString()
      await snapshot.close()
      return files
    },
    async digests(): Promise<string[]> {
      const digests: string[] = []
      for await (const { digest } of blobs.list()) digests.push(digest)
      return digests.sort()
    },
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]()
      await storage.close()
      await directory[Symbol.asyncDispose]()
    },
  }
}

function* piecesOf(bytes: Buffer) {
  for (let start = 0; start < bytes.length; start += 50_000) yield bytes.subarray(start, start + 50_000)
}
