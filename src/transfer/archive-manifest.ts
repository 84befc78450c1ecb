import { TransferRefused } from './transfer-refused.js'

/** The version of the layout of an archive, to be raised whenever an earlier version could not read it any more. */
export const ARCHIVE_LAYOUT = 1

/** The name of the first entry of an archive. */
export const MANIFEST_NAME = 'ecr-local.json'

/** The first entry of an archive: what it is, and what the rest must amount to. */
export interface ArchiveManifest {
  readonly format: 'ecr-local state'
  readonly layout: typeof ARCHIVE_LAYOUT
  /** The version of ecr-local that wrote the archive. */
  readonly version: string
  /** ISO 8601, by the machine's clock. */
  readonly exportedAt: string
  /** All records, whose files follow in this order. */
  readonly records: RecordSums
  /** The number of records of each collection. */
  readonly collections: Readonly<Record<string, number>>
  /** All blobs, which follow the records. */
  readonly blobs: BlobSums
}

/** The sums of the files of records. */
export interface RecordSums {
  readonly count: number
  readonly bytes: number
  /** SHA-256 of the names and the contents of all files of records, in the order of the archive. */
  readonly sha256: string
}

/** The sums of the blobs. */
export interface BlobSums {
  readonly count: number
  readonly bytes: number
  /** SHA-256 of the lines `digest size`, in the order of the archive. */
  readonly sha256: string
}

/** Parses the first entry of an archive. Throws TransferRefused if it is something else, or of a later version. */
export function parseArchiveManifest(text: string): ArchiveManifest {
  const manifest = jsonOf(text)
  const { format, layout, version } = (manifest ?? {}) as Partial<Record<keyof ArchiveManifest, unknown>>
  if (format !== 'ecr-local state') throw new TransferRefused(NO_ARCHIVE)
  if (layout !== ARCHIVE_LAYOUT)
    throw new TransferRefused(
      `The archive has layout ${JSON.stringify(layout)}, and this version understands layout ${ARCHIVE_LAYOUT}: import it with ecr-local ${String(version)}, which wrote it, or a later version`,
    )
  if (!isComplete(manifest)) throw new TransferRefused(`The archive is damaged: ${MANIFEST_NAME} lacks its sums`)
  return manifest
}

/** What is said about a file that is something else. */
export const NO_ARCHIVE = 'This is not an archive that ecr-local export made: its first entry is not ecr-local.json'

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isComplete = (manifest: unknown): manifest is ArchiveManifest => {
  const { records, blobs, collections } = manifest as Partial<ArchiveManifest>
  return hasSums(records) && hasSums(blobs) && typeof collections === 'object'
}

const hasSums = (sums: Partial<BlobSums> | undefined) =>
  typeof sums?.count === 'number' && typeof sums.bytes === 'number' && typeof sums.sha256 === 'string'
