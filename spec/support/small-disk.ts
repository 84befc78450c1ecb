import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A file system that really fills up. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string
  /** Takes all room but this much. */
  fill(leftBytes: number): Promise<void>
  /** Gives it back. */
  free(): Promise<void>
}

/** Mounts a tmpfs of this size; it needs root. */
export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const directory = await temporaryDirectory()
  await mustRun('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'ecr-local-spec', directory.path])
  const filler = join(directory.path, 'filler')
  return {
    path: directory.path,
    async fill(leftBytes) {
      const { bavail, bsize } = await statfs(directory.path)
      await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)))
    },
    free: () => rm(filler, { force: true }),
    async [Symbol.asyncDispose]() {
      await mustRun('umount', ['--lazy', directory.path])
      await directory[Symbol.asyncDispose]()
    },
  }
}
