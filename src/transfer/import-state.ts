import { createHash } from 'node:crypto'
import { syncImageNote } from '../registry/images/image-notes.js'
import { type BlobStore, DigestMismatch } from '../registry/ports/blob-store.js'
import { CLOCK_OFFSET } from '../registry/ports/clock.js'
import type { Ids } from '../registry/ports/ids.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Pins } from '../registry/ports/pins.js'
import type { ReportStep } from '../registry/ports/progress.js'
import type { RecordBatch, RecordTransfer } from '../registry/ports/record-transfer.js'
import type { Store } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'
import { labelInstallation, pairingMismatch } from '../upkeep/installation-label.js'
import { eachRecord, inBatches } from '../upkeep/record-walk.js'
import { type ArchiveManifest, MANIFEST_NAME, NO_ARCHIVE, parseArchiveManifest } from './archive-manifest.js'
import { type ArchiveEntry, textOf } from './archive-reader.js'
import { parseRecordFile, parseRecordFileName } from './record-files.js'
import { TransferRefused } from './transfer-refused.js'
import { emptyBeforeImport, travellingCollections } from './travelling-records.js'

/*
 * An import:
 *
 *   lease `sweep` ──► is it empty? ──► manifest ──► records, set aside ──► blobs, each verified and stored
 *       ──► the sums agree ──► all records in one visible step ──► notes beside the blobs
 *
 * Whatever fails before the visible step, nothing of the archive can be seen. What remains are blobs that no record
 * needs: the next attempt uses them, and garbage collection removes them otherwise. The lease keeps it from doing so
 * before the records are there.
 */

/** The installation that receives the state. */
export interface ImportTarget {
  readonly store: Store
  readonly blobs: BlobStore
  readonly leases: Leases
  readonly pins: Pins
  readonly ids: Ids
  readonly transfer: RecordTransfer
}

/** What an import needs in addition. */
export interface ImportOptions {
  readonly report: ReportStep
}

const MAX_MANIFEST_BYTES = 1024 * 1024
/** A file of records ends with the record that reaches 1 MiB; the longest record is a few MiB. */
const MAX_RECORD_FILE_BYTES = 64 * 1024 * 1024

/**
 * Stores the state that an archive contains in an installation that has none. Throws TransferRefused with the reason if
 * the archive or the installation is not as it has to be; then nothing was imported.
 */
export async function importState(
  entries: AsyncGenerator<ArchiveEntry, void>,
  target: ImportTarget,
  options: ImportOptions,
): Promise<ArchiveManifest> {
  const lease = await target.leases.acquire('sweep')
  try {
    await requireEmpty(target)
    const manifest = await readManifest(entries)
    await using records = await setAside(target.blobs)
    await readEntries(entries, manifest, { ...target, records, ...options })
    options.report({ doing: 'Storing records' })
    if (!(await target.transfer.load(records.batches(), emptyBeforeImport)))
      throw new TransferRefused('Something was stored in this installation during the import, so nothing was imported')
    options.report({ doing: 'Writing the notes of images' })
    await writeNotes(target)
    return manifest
  } finally {
    await entries.return()
    await lease.release()
  }
}

/** Labels the store and the blobs as belonging together, if they may. */
async function requireEmpty({ store, blobs, ids }: ImportTarget): Promise<void> {
  const mismatch = await pairingMismatch({ store, blobs })
  if (mismatch !== undefined) throw new TransferRefused(mismatch)
  const held: string[] = []
  for (const registry of await store.registries())
    for (const collection of travellingCollections) {
      const count = collection === 'settings' ? await clocksIn(store) : await store.count(registry, collection)
      if (count > 0) held.push(`${collection}: ${count}`)
    }
  if (held.length > 0)
    throw new TransferRefused(
      `This installation is not empty (${[...new Set(held)].slice(0, 5).join(', ')}), and an import replaces nothing: name another --data-dir or --store, or empty it with POST /_admin/reset`,
    )
  const refusal = await labelInstallation(store, blobs, ids)
  if (refusal !== undefined) throw new TransferRefused(refusal)
}

/** An advanced clock counts as state: the records of an archive have the times of their own. */
const clocksIn = async ({ settings }: Store) => ((await settings.get(installation, CLOCK_OFFSET)) === undefined ? 0 : 1)

async function readManifest(entries: AsyncGenerator<ArchiveEntry, void>): Promise<ArchiveManifest> {
  const first = await entries.next()
  if (first.done === true || first.value.name !== MANIFEST_NAME) throw new TransferRefused(NO_ARCHIVE)
  return parseArchiveManifest((await textOf(first.value, MAX_MANIFEST_BYTES)).toString())
}

interface Reading extends ImportTarget, ImportOptions {
  readonly records: RecordsAside
}

/** Sets the records aside, stores the blobs, and compares both with the sums of the manifest. */
async function readEntries(
  entries: AsyncGenerator<ArchiveEntry, void>,
  manifest: ArchiveManifest,
  { records, report, ...target }: Reading,
): Promise<void> {
  const [recordHash, blobHash] = [createHash('sha256'), createHash('sha256')]
  let [blobs, blobBytes] = [0, 0]
  for await (const entry of entries) {
    const [, algorithm, hex] = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(entry.name) ?? []
    if (algorithm !== undefined && hex !== undefined) {
      const digest = `${algorithm}:${hex}`
      await storeBlob(digest, entry, target, (length) => {
        blobBytes += length
        report({ doing: 'Importing blobs', done: blobs, total: manifest.blobs.count, bytes: blobBytes })
      })
      blobHash.update(`${digest} ${entry.size}\n`)
      blobs++
    } else {
      parseRecordFileName(entry.name)
      const bytes = await textOf(entry, MAX_RECORD_FILE_BYTES)
      recordHash.update(`${entry.name}\n`).update(bytes)
      await records.add(entry.name, bytes)
    }
  }
  if (recordHash.digest('hex') !== manifest.records.sha256)
    throw new TransferRefused(
      'The archive is damaged: its records are not those that were exported. Nothing was imported',
    )
  if (blobHash.digest('hex') !== manifest.blobs.sha256)
    throw new TransferRefused(
      `The archive was cut short or changed: it has ${blobs} of ${manifest.blobs.count} blobs. Nothing was imported`,
    )
}

/** Stores a blob, or only verifies it if it is stored already, as after an import that was interrupted. */
async function storeBlob(
  digest: string,
  { body, size }: ArchiveEntry,
  { blobs, pins }: ImportTarget,
  onRead: (length: number) => void,
): Promise<void> {
  if ((await blobs.size(digest)) === size) {
    const hash = createHash(digest.slice(0, digest.indexOf(':')))
    for await (const chunk of body) {
      hash.update(chunk)
      onRead(chunk.length)
    }
    if (!digest.endsWith(`:${hash.digest('hex')}`)) throw new TransferRefused(damagedBlob(digest))
    return pins.pin(digest)
  }
  const writer = await blobs.create()
  try {
    for await (const chunk of body) {
      await writer.append(chunk)
      onRead(chunk.length)
    }
    await writer.commit(digest)
  } catch (error) {
    throw error instanceof DigestMismatch ? new TransferRefused(damagedBlob(digest), { cause: error }) : error
  } finally {
    await writer.abort()
  }
}

const damagedBlob = (digest: string) =>
  `The archive is damaged: the bytes of ${digest} are not those that were exported. Nothing was imported`

/** The records of an archive on this machine's disk, until all blobs are stored. */
interface RecordsAside extends AsyncDisposable {
  add(name: string, bytes: Buffer): Promise<void>
  batches(): AsyncGenerator<RecordBatch, void>
}

/** Uses a temporary file of the blobs, which garbage collection removes if this process dies. */
async function setAside(blobs: Pick<BlobStore, 'create'>): Promise<RecordsAside> {
  const file = await blobs.create()
  const parts: { readonly name: string; readonly start: number; readonly length: number }[] = []
  return {
    async add(name, bytes) {
      parts.push({ name, start: file.size, length: bytes.length })
      await file.append(bytes)
    },
    async *batches() {
      for (const { name, start, length } of parts) yield parseRecordFile(name, await file.read(start, length))
    },
    [Symbol.asyncDispose]: () => file.abort(),
  }
}

/** Notes written at the same time. */
const NOTES_AT_ONCE = 16

/** Writes the notes of all images, without which fsck could not restore them if the store were lost. */
async function writeNotes({ store, blobs }: ImportTarget): Promise<void> {
  for (const registry of await store.registries())
    for await (const images of inBatches(eachRecord(store.images, registry), NOTES_AT_ONCE))
      await Promise.all(
        images.map(({ repository, digest }) => syncImageNote({ store, blobs }, { registry, repository, digest })),
      )
}
