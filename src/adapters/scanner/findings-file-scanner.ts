import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { Blobs } from '../../registry/ports/blob-store.js'
import type { Log } from '../../registry/ports/log.js'
import type { Scanner } from '../../registry/ports/scanner.js'
import {
  entriesForImage,
  type FindingsFile,
  type InstalledPackages,
  resultOfEntries,
} from '../../registry/scanning/findings-file.js'
import { installedPackages } from './image-packages.js'

/** What a scanner with a file of findings is made of. */
export interface FindingsFileDeps {
  readonly path: string
  /** Parses and validates the file. Throws an error whose message names the place of the mistake. */
  readonly parse: (text: string, path: string) => FindingsFile
  readonly blobs: Pick<Blobs, 'size' | 'send'>
  readonly log: Log
}

/** A version of the file that was read. */
interface ReadFile {
  /** Changes when the file does: what `stat` says about it. */
  readonly fingerprint: string
  readonly file: FindingsFile
  /** Changes when the content does. */
  readonly version: string
  readonly updatedAt: number
}

const MAX_BYTES = 32 * 1024 * 1024

/**
 * A scanner that finds what a file says. The file is read again when it has changed; if it then has a mistake, that is
 * logged, and the last valid content counts. Throws if the file cannot be read or has a mistake at the start.
 */
export async function findingsFileScanner({ path, parse, blobs, log }: FindingsFileDeps): Promise<Scanner> {
  let current = await readFindings(path, parse)
  let invalidFingerprint: string | undefined

  async function refresh(): Promise<void> {
    const fingerprint = await stat(path).then(fingerprintOf, () => 'unreadable')
    if (fingerprint === current.fingerprint || fingerprint === invalidFingerprint) return
    try {
      current = await readFindings(path, parse)
      invalidFingerprint = undefined
    } catch (error) {
      invalidFingerprint = fingerprint
      const { message } = error as Error
      log.warn({ reason: message }, 'the file of findings is invalid: its last valid content counts')
    }
  }

  return {
    async sourceVersion() {
      await refresh()
      return current.version
    },
    async scan(target, stopSignal) {
      await refresh()
      const { file, updatedAt } = current
      const entries = await entriesForImage(file, target.image)
      const needsPackages = entries.some((entry) => entry.package !== undefined)
      const packages = needsPackages ? await installedPackages(target, blobs, stopSignal) : NO_PACKAGES
      return packages ? resultOfEntries(entries, packages, updatedAt) : { outcome: 'bytes missing' }
    },
  }
}

async function readFindings(path: string, parse: FindingsFileDeps['parse']): Promise<ReadFile> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such file' : error.code
    throw new Error(`The file of findings ${path} cannot be read (${reason}): name one that can as scanFindings`, {
      cause: error,
    })
  })
  const { size, mtimeMs } = found
  if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes: a file of findings has ${MAX_BYTES} at most`)
  const text = await readFile(path, 'utf8')
  const file = parse(text, path)
  const version = createHash('sha256').update(text).digest('hex')
  const updatedAt = file.updatedAt === undefined ? Math.floor(mtimeMs) : Date.parse(file.updatedAt)
  return { fingerprint: fingerprintOf(found), file, version, updatedAt }
}

const fingerprintOf = ({ ino, size, mtimeMs }: Stats) => `${ino} ${size} ${mtimeMs}`

const NO_PACKAGES: InstalledPackages = new Map()
