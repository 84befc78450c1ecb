import { open, type RootDatabase } from 'lmdb'
import { mkdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { NoSpace } from '../../registry/ports/blob-store.js'
import {
  type Entry,
  type Expectation,
  type KeyValue,
  type PageOf,
  type Place,
  upToBytes,
} from '../../registry/ports/key-value.js'
import type { Registry } from '../../registry/registry.js'
import { type Counts, countsOn } from './counts.js'
import { makeLockFile } from './lock-file.js'
import { requireLmdbFile } from './require-lmdb-file.js'

/** LMDB refuses keys beyond 1978 bytes; one byte is left for the upper bound of a prefix. */
const longestKey = 1977

/** For the user the planes run as, as all of the data directory is. */
const [PRIVATE_DIRECTORY, PRIVATE_FILE] = [0o700, 0o600]

/** An option of the library that is missing from its types. */
const permissions = { permissionsMode: PRIVATE_FILE }

/** Sorts behind every byte that UTF-8 uses. */
const behindAll = Buffer.from([0xff])

/**
 * The embedded default. One key is `account NUL region NUL collection NUL key` in bytes, so that a page is one range.
 * A commit is checked and written inside LMDB's write transaction, together with the others of the same moment, and
 * synced before it answers (`overlappingSync` would answer earlier). Several processes may share the directory. Throws a plain
 * error of one line where the file is damaged; `everyPage` looks for that in all of it.
 */
export function lmdbKeyValue({ path, everyPage = false }: { path: string; everyPage?: boolean }): KeyValue {
  const db = openDatabase(path, everyPage)
  const counts = countsOn(db, keyFor, longestKey)
  const { valueOf, list, holds } = readsOn(db, counts)

  return {
    get: async (place) => valueOf(place),
    list: async (registry, collection, page) => list(registry, collection, page),
    hasFewer: async (registry, collection, bound) => counts.hasFewer(registry, collection, bound),
    async commit(registry, expectations, writes) {
      const changes = writes.map(({ collection, key, value }) => [keyFor(registry, collection, key), value] as const)
      if (changes.some(([key]) => key.length > longestKey)) throw new Error(`A key exceeds ${longestKey} bytes`)
      return orNoSpace(path, () =>
        db.transaction(() => {
          if (!expectations.every((expected) => holds(registry, expected))) return false
          counts.keep(registry, writes)
          for (const [key, value] of changes) {
            if (value === undefined) db.removeSync(key)
            else db.putSync(key, value)
          }
          return true
        }),
      )
    },
    registries: async () => registriesIn(db),
    async ping() {},
    async clear() {
      await db.clearAsync()
    },
    close: () => db.close(),
  }
}

/** Creates what is missing, readable for its owner alone, and checks what exists before LMDB maps it into memory. */
function openDatabase(path: string, everyPage: boolean): RootDatabase<string, Buffer> {
  mkdirSync(path, { recursive: true, mode: PRIVATE_DIRECTORY })
  requireLmdbFile(path, { everyPage })
  makeLockFile(path, PRIVATE_FILE)
  return open<string, Buffer>({
    path,
    ...permissions,
    encoding: 'string',
    keyEncoding: 'binary',
    overlappingSync: false,
    // With it, a commit that fails also rejects a promise that no code can reach, which ends the process.
    eventTurnBatching: false,
    noSubdir: false,
  })
}

/** Inside a write transaction these see what it sees. */
function readsOn(db: RootDatabase<string, Buffer>, counts: Counts) {
  const valueOf = ({ registry, collection, key }: Place) => {
    const at = keyFor(registry, collection, key)
    return at.length > longestKey ? undefined : db.get(at)
  }

  const list = (registry: Registry, collection: string, { limit, bytes, prefix = '', after }: PageOf): Entry[] => {
    const base = keyFor(registry, collection, '').length
    const start = keyFor(registry, collection, prefix)
    if (start.length > longestKey || limit <= 0) return []
    // No key is as long as what is cut off here, so none lies between the two.
    const behind = after === undefined ? start : keyFor(registry, collection, after).subarray(0, longestKey)
    const follows = after !== undefined && Buffer.compare(behind, start) >= 0
    const range = { start: follows ? behind : start, exclusiveStart: follows, end: Buffer.concat([start, behindAll]) }
    // A lazy range: values are read one by one.
    const entries = db.getRange({ ...range, limit }).map(({ key, value }): Entry => [text(key, base), value])
    return [...upToBytes(entries, bytes)]
  }

  const holds = (registry: Registry, expected: Expectation) => {
    const { collection } = expected
    if ('bound' in expected) return counts.hasFewerFromNowOn(registry, collection, expected.bound) === expected.hasFewer
    return 'page' in expected
      ? JSON.stringify(list(registry, collection, expected.page)) === JSON.stringify(expected.entries)
      : valueOf({ registry, ...expected }) === expected.value
  }

  return { valueOf, list, holds }
}

/** Skips from the first key of one registry to the first key of the next. */
function registriesIn(db: RootDatabase<string, Buffer>): Registry[] {
  const found: Registry[] = []
  for (let start: Buffer = Buffer.alloc(0); ;) {
    const [key] = db.getKeys({ start, limit: 1 })
    if (!key) return found
    const [account = '', region = ''] = text(key, 0).split('\0')
    found.push({ account, region })
    start = Buffer.concat([Buffer.from(`${account}\0${region}\0`), behindAll])
  }
}

const keyFor = ({ account, region }: Registry, collection: string, key: string) =>
  Buffer.from(`${account}\0${region}\0${collection}\0${key}`)

const text = (key: Uint8Array, base: number) =>
  Buffer.from(key.buffer, key.byteOffset, key.length).toString('utf8', base)

const ENOSPC = 28
const EIO = 5
const ROOM_FOR_A_COMMIT = 1024 * 1024

/** A failed commit has its cause in a second promise, `commitError`, whose rejection must be handled. */
async function orNoSpace<T>(path: string, commit: () => Promise<T>): Promise<T> {
  try {
    return await commit()
  } catch (error) {
    const { commitError } = error as { commitError?: Promise<never> }
    const cause = await commitError?.catch((reason: unknown) => reason)
    if (!(cause instanceof Error)) throw error
    if (await isForWantOfSpace(cause, path))
      throw new NoSpace(`The disk that holds ${path} has no room left`, { cause })
    throw cause
  }
}

/** LMDB reports a write that was cut short, as the last one on a disk is, as an input/output error. */
async function isForWantOfSpace(cause: Error & { code?: unknown }, path: string): Promise<boolean> {
  if (cause.code !== EIO) return cause.code === ENOSPC
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize < ROOM_FOR_A_COMMIT
}
