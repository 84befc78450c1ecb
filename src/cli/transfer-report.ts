import { formatBytes } from '../registry/amounts.js'
import type { ArchiveManifest } from '../transfer/archive-manifest.js'

/** What `ecr-local export` and `ecr-local import FILE.tar` report at their end, for people and for programs. */
export interface TransferReport {
  /** A sentence. */
  readonly text: string
  /** The document of `--json`. */
  readonly document: object
}

/** What an archive contains, for the sentence. */
export function contentsOf({ records, blobs, collections }: ArchiveManifest): string {
  const { repositories = 0, images = 0 } = collections
  const counts = [`${repositories} ${repositories === 1 ? 'repository' : 'repositories'}`, counted(images, 'image')]
  return `${counts.join(', ')}, ${counted(records.count, 'record')} and ${counted(blobs.count, 'blob')} (${formatBytes(blobs.bytes)})`
}

/** What an archive contains, for the document. `file` is the operand, so `-` for standard input and output. */
export const documentOf = (
  file: string,
  { version, exportedAt, collections, records, blobs }: ArchiveManifest,
): object => ({
  file,
  version,
  exportedAt,
  collections,
  records: { count: records.count, bytes: records.bytes },
  blobs: { count: blobs.count, bytes: blobs.bytes },
})

const counted = (count: number, thing: string) => `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`
