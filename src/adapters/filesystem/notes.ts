import { open, opendir, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Ids } from '../../registry/ports/ids.js'
import type { Notes } from '../../registry/ports/blob-store.js'
import { type DurableDirectories, ifExists, orNoSpace, renameDurably } from './durable.js'
import { PRIVATE_FILE } from './modes.js'
import { directoryOf, temporaryName } from './temporary-files.js'

const NAME = /^(?!\.{1,2}(\/|$))[A-Za-z0-9._:+=@-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._:+=@-]+)*$/

/**
 * A segment of a note's name may be longer than a file name, which has 255 bytes at most: it is split into a directory
 * and the rest. The sign at the cut does not occur in names of notes.
 */
const LONG = /[^/]{200}(?=[^/])/g
const CUT = '~'

/** Stores notes as files under `notes`. Each is written to a temporary file first and then moved to its path. */
export function fileNotes(root: string, ids: Ids, durable: DurableDirectories): Notes {
  return {
    async get(name) {
      return ifExists(readFile(pathOf(root, name), 'utf8'))
    },
    put: (name, text) => orNoSpace(root, () => write(pathOf(root, name), text, { root, ids, durable })),
    async remove(name) {
      const path = pathOf(root, name)
      await ifExists(unlink(path))
      // Sync even if the file does not exist: it may have been removed a moment ago, and a power failure could restore
      // it.
      await ifExists(durable.sync(dirname(path)))
    },
    list: (under) => namesUnder(root, under),
  }
}

/** What writing a note depends on. */
interface NoteFiles {
  readonly root: string
  readonly ids: Ids
  readonly durable: DurableDirectories
}

async function write(path: string, text: string, { root, ids, durable }: NoteFiles) {
  const draft = join(root, directoryOf.temporary, temporaryName(ids.uuid()))
  try {
    const handle = await open(draft, 'wx', PRIVATE_FILE)
    try {
      await handle.writeFile(text)
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await renameDurably(draft, path, root, durable)
  } catch (error) {
    await ifExists(unlink(draft))
    throw error
  }
}

function pathOf(root: string, name: string): string {
  if (!NAME.test(name)) throw new Error(`${name} is not a valid name of a note`)
  return join(root, 'notes', name.replace(LONG, `$&${CUT}/`))
}

/** Lists the names directory by directory, so that memory use does not grow with their number. */
async function* namesUnder(root: string, under: string): AsyncGenerator<string, void> {
  yield* namesIn(pathOf(root, under), `${under}/`)
}

async function* namesIn(path: string, start: string): AsyncGenerator<string, void> {
  const directory = await ifExists(opendir(path))
  if (!directory) return
  for await (const entry of directory) {
    const name = `${start}${entry.name}`
    const isCut = entry.name.endsWith(CUT)
    if (entry.isDirectory()) yield* namesIn(join(path, entry.name), isCut ? name.slice(0, -CUT.length) : `${name}/`)
    else yield name
  }
}
