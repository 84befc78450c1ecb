import { formatBytes } from '../registry/amounts.js'
import type { ArchiveManifest } from '../transfer/archive-manifest.js'

/** What an archive contains, for the line at the end. */
export function contentsOf({ records, blobs, collections }: ArchiveManifest): string {
  const { repositories = 0, images = 0 } = collections
  const counts = [`${repositories} ${repositories === 1 ? 'repository' : 'repositories'}`, counted(images, 'image')]
  return `${counts.join(', ')}, ${counted(records.count, 'record')} and ${counted(blobs.count, 'blob')} (${formatBytes(blobs.bytes)})`
}

const counted = (count: number, thing: string) => `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`
