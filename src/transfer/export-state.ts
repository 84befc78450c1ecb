import { createHash } from 'node:crypto'
import { imageContents } from '../registry/images/image-contents.js'
import type { Image, Layer } from '../registry/images/image.js'
import type { Blobs, Inventory, StoredBlob, WithNotes } from '../registry/ports/blob-store.js'
import type { Lease, Leases } from '../registry/ports/lease.js'
import type { ReportStep } from '../registry/ports/progress.js'
import type { RecordTransfer, Snapshot } from '../registry/ports/record-transfer.js'
import type { Store } from '../registry/ports/store.js'
import { pairingMismatch } from '../upkeep/installation-label.js'
import { compactDigest } from '../upkeep/record-walk.js'
import { ARCHIVE_LAYOUT, type ArchiveManifest, type BlobSums, MANIFEST_NAME } from './archive-manifest.js'
import type { ArchiveWriter } from './archive-writer.js'
import { recordFiles, type RecordFile } from './record-files.js'
import { TransferRefused } from './transfer-refused.js'
import { travellingCollections } from './travelling-records.js'

/*
 * An export:
 *
 *   lease `sweep` ──► snapshot of the records ──► survey: counts, sums, the blobs they need
 *                                                   ──► manifest ──► records ──► blobs ──► end of the archive
 *
 * Planes go on meanwhile. The records are of one moment, so an image that is pushed or deleted meanwhile is in the
 * archive as a whole or not at all. Its blobs existed before that moment; they never change, and nothing removes them
 * while the export has the lease of the sweep. If the state is emptied meanwhile, the sums do not agree or a blob is
 * missing, and the export fails: an archive without its end is refused by the import.
 */

/** The installation that is exported. */
export interface ExportSource {
  readonly store: Store
  readonly blobs: Blobs & Inventory & WithNotes
  readonly leases: Leases
  readonly transfer: RecordTransfer
}

/** What an export needs in addition. */
export interface ExportOptions {
  readonly archive: ArchiveWriter
  /** The version of this program. */
  readonly version: string
  readonly exportedAt: Date
  readonly report: ReportStep
}

/** The manifest of the archive, and how many blobs that records name were not in the storage. */
export interface ExportReport {
  readonly manifest: ArchiveManifest
  readonly absentBlobs: number
}

/** Writes the archive. Throws TransferRefused with the reason if the state cannot be exported as it is. */
export async function exportState(source: ExportSource, options: ExportOptions): Promise<ExportReport> {
  const lease = await source.leases.acquire('sweep')
  try {
    const mismatch = await pairingMismatch(source)
    if (mismatch !== undefined) throw new TransferRefused(mismatch)
    const { manifest, blobs, absentBlobs } = await writeRecords(source, options)
    let bytes = 0
    for (const [done, blob] of blobs.entries()) {
      requireLease(lease)
      await writeBlob(blob, source.blobs, options.archive, (length) => {
        bytes += length
        options.report({ doing: 'Exporting blobs', done, total: blobs.length, bytes })
      })
    }
    requireLease(lease)
    await options.archive.finish()
    return { manifest, absentBlobs }
  } finally {
    await lease.release()
  }
}

function requireLease({ isLost }: Lease): void {
  if (isLost)
    throw new TransferRefused(
      'The export was suspended for too long, and blobs may have been removed meanwhile: export again',
    )
}

/** Writes the manifest and the records, in two passes over one snapshot: the sums stand before what they are of. */
async function writeRecords({ transfer, blobs }: ExportSource, { archive, ...facts }: ExportOptions) {
  const snapshot = await transfer.snapshot(travellingCollections)
  try {
    facts.report({ doing: 'Counting records and blobs' })
    const survey = await surveyOf(snapshot, blobs)
    const manifest: ArchiveManifest = {
      format: 'ecr-local state',
      layout: ARCHIVE_LAYOUT,
      version: facts.version,
      exportedAt: facts.exportedAt.toISOString(),
      ...survey.sums,
    }
    const text = Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`)
    await archive.add(MANIFEST_NAME, text.length, (write) => write(text))
    const sums = recordSums()
    for await (const file of recordFiles(snapshot)) {
      sums.add(file)
      const { count: done, bytes } = sums.records()
      facts.report({ doing: 'Exporting records', done, total: manifest.records.count, bytes })
      await archive.add(file.name, file.bytes.length, (write) => write(file.bytes))
    }
    if (sums.records().sha256 !== manifest.records.sha256)
      throw new TransferRefused('The state was emptied during the export: export again')
    return { manifest, blobs: survey.blobs, absentBlobs: survey.absentBlobs }
  } finally {
    await snapshot.close()
  }
}

async function surveyOf(snapshot: Snapshot, blobs: Blobs & Inventory) {
  const sums = recordSums()
  const required = new Set<string>()
  for await (const file of recordFiles(snapshot)) {
    sums.add(file)
    for await (const digest of digestsIn(file, blobs)) required.add(compactDigest(digest))
  }
  const present: StoredBlob[] = []
  for await (const { digest, size } of blobs.list())
    if (required.has(compactDigest(digest))) present.push({ digest, size })
  // In an order of their own, so that equal states have equal archives, wherever they are stored.
  present.sort((a, b) => (a.digest < b.digest ? -1 : 1))
  return {
    sums: { records: sums.records(), collections: sums.collections(), blobs: blobSums(present) },
    blobs: present,
    absentBlobs: required.size - present.length,
  }
}

/** The digests of the bytes that these records need. */
async function* digestsIn({ collection, entries }: RecordFile, blobs: Blobs): AsyncGenerator<string, void> {
  if (collection === 'layers') for (const [, value] of entries) yield (JSON.parse(value) as Layer).digest
  if (collection !== 'images') return
  for (const [, value] of entries) {
    const image = JSON.parse(value) as Image
    yield image.digest
    for (const { digest } of (await imageContents(image, blobs))?.blobs ?? []) yield digest
  }
}

function recordSums() {
  const hash = createHash('sha256')
  const counts = new Map<string, number>()
  let [count, bytes] = [0, 0]
  return {
    add(file: RecordFile): void {
      hash.update(`${file.name}\n`).update(file.bytes)
      counts.set(file.collection, (counts.get(file.collection) ?? 0) + file.entries.length)
      count += file.entries.length
      bytes += file.bytes.length
    },
    records: () => ({ count, bytes, sha256: hash.copy().digest('hex') }),
    collections: () => Object.fromEntries(counts),
  }
}

function blobSums(blobs: readonly StoredBlob[]): BlobSums {
  const hash = createHash('sha256')
  let bytes = 0
  for (const { digest, size } of blobs) {
    hash.update(`${digest} ${size}\n`)
    bytes += size
  }
  return { count: blobs.length, bytes, sha256: hash.digest('hex') }
}

/** Verifies the bytes as they are written: an archive never contains a damaged blob. */
async function writeBlob(
  { digest, size }: StoredBlob,
  blobs: Blobs,
  archive: ArchiveWriter,
  onWritten: (length: number) => void,
): Promise<void> {
  const [algorithm = '', hex = ''] = digest.split(':')
  const hash = createHash(algorithm)
  await archive.add(`blobs/${algorithm}/${hex}`, size, async (write) => {
    const range = { start: 0, end: size - 1 }
    const take = async (chunk: Uint8Array) => {
      hash.update(chunk)
      await write(chunk)
      onWritten(chunk.length)
    }
    const isPresent = size === 0 ? (await blobs.size(digest)) !== undefined : await blobs.send(digest, range, take)
    if (!isPresent) throw new TransferRefused(`The blob ${digest} was removed during the export: export again`)
    if (hash.digest('hex') !== hex)
      throw new TransferRefused(
        `The blob ${digest} is damaged: run ecr-local fsck --repair, which sets it aside, and export again`,
      )
  })
}
