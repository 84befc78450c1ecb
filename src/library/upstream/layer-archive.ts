import { gzipSync } from 'node:zlib'
import { digestOf } from './upstream-content.js'

/** A layer as registries store it. */
export interface LayerArchive {
  /** gzip of a tar archive. */
  readonly bytes: Buffer
  /** The digest of the archive before gzip, which configurations of images list. */
  readonly diffId: string
}

/** A layer with these files, by their paths. Equal files make equal bytes. */
export function layerArchive(files: Readonly<Record<string, string | Uint8Array>>): LayerArchive {
  const entries = Object.entries(files).flatMap(([path, content]) => entry(path, Buffer.from(content)))
  const tar = Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)])
  // Stored, not compressed: how well zlib compresses depends on its version, and with it the digest.
  const bytes = gzipSync(tar, { level: 0 })
  bytes[OPERATING_SYSTEM] = UNKNOWN_SYSTEM
  return { bytes, diffId: digestOf(tar) }
}

const BLOCK = 512
/** The place of the operating system in a gzip header. https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
const OPERATING_SYSTEM = 9
const UNKNOWN_SYSTEM = 255

/**
 * The header of a regular file, 0644 of root in 1970, and its padded content. Packers of npm write archives as streams,
 * and the digest of an image is needed at once.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
function entry(path: string, content: Buffer): Buffer[] {
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  header.write(path, 0, 100)
  header.write(`${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100)
  header.write(`${octal(content.length, 11)}\0${octal(0, 11)}\0`, 124)
  header.write('        0', 148)
  header.write('ustar\x0000root', 257)
  header.write('root', 297)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148)
  return [header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]
}
