import { open, opendir, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Ids } from '../../registry/ports/ids.js'
import type { Notes } from '../../registry/ports/blob-store.js'
import { type DurableDirectories, ifExists, orNoSpace, renameDurably, syncDirectory } from './durable.js'
import { PRIVATE_FILE } from './modes.js'
import { directoryOf, temporaryName } from './temporary-files.js'

const NAME = /^(?!\.{1,2}(\/|$))[A-Za-z0-9._:+=@-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._:+=@-]+)*$/

/**
 * A segment may be longer than a file's name, which is of 255 bytes at most: it becomes a directory and what is in it. The
 * sign at the cut is in no note's name.
 */
const LONG = /[^/]{200}(?=[^/])/g
const CUT = '~'

/** Notes as files under `notes`, each written whole beside its place and moved there. */
export function fileNotes(root: string, ids: Ids, durable: DurableDirectories): Notes {
  return {
    async get(name) {
      return ifExists(readFile(pathOf(root, name), 'utf8'))
    },
    put: (name, text) => orNoSpace(root, () => write(pathOf(root, name), text, { root, ids, durable })),
    async remove(name) {
      const path = pathOf(root, name)
      await ifExists(unlink(path))
      // One that is gone already may have been removed a moment ago, and come back with the power.
      await ifExists(syncDirectory(dirname(path)))
    },
    list: (under) => named(root, under),
  }
}

interface Place {
  readonly root: string
  readonly ids: Ids
  readonly durable: DurableDirectories
}

async function write(path: string, text: string, { root, ids, durable }: Place) {
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
  if (!NAME.test(name)) throw new Error(`${name} is no name of a note`)
  return join(root, 'notes', name.replace(LONG, `$&${CUT}/`))
}

/** Directory by directory, however many there are. */
async function* named(root: string, under: string): AsyncGenerator<string, void> {
  yield* namedIn(pathOf(root, under), `${under}/`)
}

async function* namedIn(path: string, start: string): AsyncGenerator<string, void> {
  const directory = await ifExists(opendir(path))
  if (!directory) return
  for await (const entry of directory) {
    const name = `${start}${entry.name}`
    const isCut = entry.name.endsWith(CUT)
    if (entry.isDirectory()) yield* namedIn(join(path, entry.name), isCut ? name.slice(0, -CUT.length) : `${name}/`)
    else yield name
  }
}
