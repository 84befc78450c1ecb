import { formatBytes } from '../registry/amounts.js'
import type { ArchiveManifest } from '../transfer/archive-manifest.js'

/** How often a line is renewed on a terminal, and printed elsewhere. */
const RENEW_MS = 250
const PRINT_EVERY_MS = 10_000

/** Shows how far an export or an import is. */
export interface TransferProgress {
  readonly onProgress: (manifest: ArchiveManifest, blobBytes: number) => void
  /** Removes the line from a terminal. */
  readonly end: () => void
}

/**
 * Shows progress on standard error, because standard output may be the archive: one line that changes on a terminal, a
 * line from time to time elsewhere.
 */
export function transferProgress(verb: 'exported' | 'imported', stderr: NodeJS.WriteStream): TransferProgress {
  const [interval, start, end] = stderr.isTTY ? [RENEW_MS, '\r', '\u001b[K'] : [PRINT_EVERY_MS, '', '\n']
  let shownAt = performance.now()
  return {
    onProgress({ blobs }, blobBytes) {
      if (performance.now() - shownAt < interval) return
      shownAt = performance.now()
      const percent = blobs.bytes === 0 ? 100 : Math.floor((100 * blobBytes) / blobs.bytes)
      stderr.write(`${start}${formatBytes(blobBytes)} of ${formatBytes(blobs.bytes)} ${verb} (${percent} %)${end}`)
    },
    end: () => void (stderr.isTTY && stderr.write('\r\u001b[K')),
  }
}

/** What an archive contains, for the line at the end. */
export function contentsOf({ records, blobs, collections }: ArchiveManifest): string {
  const { repositories = 0, images = 0 } = collections
  const counts = [`${repositories} ${repositories === 1 ? 'repository' : 'repositories'}`, counted(images, 'image')]
  return `${counts.join(', ')}, ${counted(records.count, 'record')} and ${counted(blobs.count, 'blob')} (${formatBytes(blobs.bytes)})`
}

const counted = (count: number, thing: string) => `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`
