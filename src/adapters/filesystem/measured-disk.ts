import { statfs } from 'node:fs/promises'
import type { MeasureDisk } from '../../registry/ports/disk-space.js'

/** Measures the file system of a directory. What only root may use does not count as free. */
export const diskSpaceOf =
  (directory: string): MeasureDisk =>
  async () => {
    const space = await statfs(directory).catch(() => undefined)
    return space && { totalBytes: space.blocks * space.bsize, freeBytes: space.bavail * space.bsize }
  }
