import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from './run-command.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A small file system that can be filled up. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string
  /** Uses up the free space except for this many bytes. */
  fill(leftBytes: number): Promise<void>
  /** Frees the space again. */
  free(): Promise<void>
}

/** Mounts a tmpfs of this size; needs root. */
export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const directory = await temporaryDirectory()
  await mustRun('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'ecr-local-spec', directory.path])
  const filler = join(directory.path, 'filler')
  return {
    path: directory.path,
    async fill(leftBytes) {
      const { bavail, bsize } = await statfs(directory.path)
      await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes))).catch(
        (error: NodeJS.ErrnoException) => {
          // Another process may write to the disk meanwhile: then it is full, too.
          if (leftBytes > 0 || error.code !== 'ENOSPC') throw error
        },
      )
    },
    free: () => rm(filler, { force: true }),
    async [Symbol.asyncDispose]() {
      await mustRun('umount', ['--lazy', directory.path])
      await directory[Symbol.asyncDispose]()
    },
  }
}
