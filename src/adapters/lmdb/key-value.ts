import { open, type RootDatabase, type Transaction } from 'lmdb'
import { mkdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { NoSpace } from '../../registry/ports/blob-store.js'
import {
  type Entry,
  type Expectation,
  type PageQuery,
  type RecordKey,
  upToBytes,
  type Write,
} from '../../registry/ports/key-value.js'
import type { LastingKeyValue } from '../../registry/ports/record-transfer.js'
import type { Registry } from '../../registry/registry.js'
import { type Counts, countsOn, type StoredKey } from './counts.js'
import { makeLockFile } from './lock-file.js'
import { lmdbTransfer } from './lmdb-transfer.js'
import { requireLmdbFile } from './require-lmdb-file.js'

/** LMDB refuses keys of more than 1978 bytes; one byte is reserved for the upper bound of a prefix. */
const longestKey = 1977

/** A character is at most three bytes of UTF-8, so that the bytes of most keys need not be counted. */
const isTooLong = (key: string): boolean => key.length * 3 > longestKey && Buffer.byteLength(key) > longestKey

/** Accessible only to the user that the planes run as, like everything in the data directory. */
const PRIVATE_DIRECTORY = 0o700
const PRIVATE_FILE = 0o600

/** An option that the library supports but its types do not declare. */
const permissions = { permissionsMode: PRIVATE_FILE }

/**
 * Keys are UTF-8, and the bound of a range may be any bytes. A record's key is written where LMDB expects it, and the
 * keys of a page are read where LMDB leaves them, without a buffer of its own for each: 4 % of the CPU of
 * DescribeRepositories.
 */
const keysInPlace = {
  writeKey: (key: StoredKey, target: Buffer, start: number): number => {
    if (typeof key === 'string') return start + target.write(key, start)
    target.set(key, start)
    return start + key.length
  },
  readKey: (source: Buffer, start: number, end: number): string => source.toString('utf8', start, end),
}

/** Sorts after every byte that occurs in UTF-8. */
const afterAll = Buffer.from([0xff])

/**
 * The embedded store, which is the default. The keys are `account NUL region NUL collection NUL key` in bytes, so that
 * a page is one range. A commit is checked and written in LMDB's write transaction, together with concurrent ones, and
 * synced before it resolves (with `overlappingSync` it would resolve earlier). Several processes may share the
 * directory. Throws an error of one line if the file is damaged; `everyPage` checks all of it.
 */
export function lmdbKeyValue({ path, everyPage = false }: { path: string; everyPage?: boolean }): LastingKeyValue {
  const db = openDatabase(path, everyPage)
  const counts = countsOn(db, keyFor, longestKey)
  const { valueOf, list, holds } = readsOn(db, counts)

  return {
    get: valueOf,
    list: async (registry, collection, page) => list(registry, collection, page),
    hasFewer: async (registry, collection, bound) => counts.hasFewer(registry, collection, bound),
    count: async (registry, collection) => counts.count(registry, collection),
    async commit(registry, expectations, writes) {
      const changes = changesOf(registry, writes)
      return orNoSpace(path, () =>
        db.transaction(() => {
          if (!expectations.every((expectation) => holds(registry, expectation))) return false
          counts.update(registry, writes)
          apply(db, changes)
          return true
        }),
      )
    },
    registries: async () => registriesIn(db),
    transfer: lmdbTransfer(db, {
      list: (transaction, registry, collection, page) => list(registry, collection, page, transaction),
      registries: (transaction) => registriesIn(db, transaction),
      isEmpty: (registry, collection) => list(registry, collection, { limit: 1 }).length === 0,
      write(registry, writes) {
        const changes = changesOf(registry, writes)
        counts.update(registry, writes)
        apply(db, changes)
      },
      orNoSpace: (commit) => orNoSpace(path, commit),
    }),
    async ping() {},
    async clear() {
      await db.clearAsync()
    },
    close: () => db.close(),
  }
}

type Change = readonly [key: Buffer, value: string | undefined]

function changesOf(registry: Registry, writes: readonly Write[]): Change[] {
  const changes = writes.map(({ collection, key, value }): Change => [keyFor(registry, collection, key), value])
  if (changes.some(([key]) => key.length > longestKey)) throw new Error(`A key exceeds ${longestKey} bytes`)
  return changes
}

/** To be called in a write transaction. */
function apply(db: RootDatabase<string, StoredKey>, changes: readonly Change[]): void {
  for (const [key, value] of changes) {
    if (value === undefined) db.removeSync(key)
    else db.putSync(key, value)
  }
}

/**
 * Creates what is missing, accessible to its owner only, and checks the existing file before LMDB maps it into memory.
 */
function openDatabase(path: string, everyPage: boolean): RootDatabase<string, StoredKey> {
  mkdirSync(path, { recursive: true, mode: PRIVATE_DIRECTORY })
  requireLmdbFile(path, { everyPage })
  makeLockFile(path, PRIVATE_FILE)
  return open<string, StoredKey>({
    path,
    ...permissions,
    encoding: 'string',
    keyEncoder: keysInPlace,
    overlappingSync: false,
    // With batching, a failed commit also rejects a promise that callers cannot reach, which ends the process.
    eventTurnBatching: false,
    noSubdir: false,
  })
}

/** Inside a write transaction these reads see its state, unless a list is of a transaction that is passed. */
function readsOn(db: RootDatabase<string, StoredKey>, counts: Counts) {
  const valueOf = ({ registry, collection, key }: RecordKey) => {
    const storedKey = textKeyFor(registry, collection, key)
    return isTooLong(storedKey) ? undefined : db.get(storedKey)
  }

  const list = (registry: Registry, collection: string, page: PageQuery, transaction?: Transaction): Entry[] => {
    const { limit, bytes, prefix = '', after } = page
    const base = textKeyFor(registry, collection, '').length
    const start = keyFor(registry, collection, prefix)
    if (start.length > longestKey || limit <= 0) return []
    // No key is longer than this limit, so no key lies between the truncated one and the full one.
    const afterKey = after === undefined ? start : keyFor(registry, collection, after).subarray(0, longestKey)
    const startsAfter = after !== undefined && Buffer.compare(afterKey, start) >= 0
    const range = {
      start: startsAfter ? afterKey : start,
      exclusiveStart: startsAfter,
      end: Buffer.concat([start, afterAll]),
      limit,
      ...(transaction && { transaction }),
    }
    // The range is lazy: values are read one by one as the page is filled.
    const entries = db.getRange(range).map(({ key, value }): Entry => [key.toString().slice(base), value])
    return [...upToBytes(entries, bytes)]
  }

  const holds = (registry: Registry, expectation: Expectation) => {
    const { collection } = expectation
    if ('bound' in expectation)
      return counts.hasFewerAndTrack(registry, collection, expectation.bound) === expectation.hasFewer
    return 'page' in expectation
      ? JSON.stringify(list(registry, collection, expectation.page)) === JSON.stringify(expectation.entries)
      : valueOf({ registry, ...expectation }) === expectation.value
  }

  return { valueOf, list, holds }
}

/** Seeks from the first key of one registry to the first key of the next. */
function registriesIn(db: RootDatabase<string, StoredKey>, transaction?: Transaction): Registry[] {
  const registries: Registry[] = []
  for (let start: Buffer = Buffer.alloc(0); ;) {
    const [key] = db.getKeys({ start, limit: 1, ...(transaction && { transaction }) })
    if (!key) return registries
    const [account = '', region = ''] = key.toString().split('\0')
    registries.push({ account, region })
    start = Buffer.concat([Buffer.from(`${account}\0${region}\0`), afterAll])
  }
}

const textKeyFor = ({ account, region }: Registry, collection: string, key: string) =>
  `${account}\0${region}\0${collection}\0${key}`

const keyFor = (registry: Registry, collection: string, key: string) =>
  Buffer.from(textKeyFor(registry, collection, key))

const ENOSPC = 28
const EIO = 5
const COMMIT_BYTES = 1024 * 1024

/** A failed commit reports its cause in a rejected promise of its own, which must be handled. */
async function orNoSpace<T>(path: string, commit: () => Promise<T>): Promise<T> {
  try {
    return await commit()
  } catch (error) {
    const { commitError } = error as { commitError?: Promise<never> }
    const cause = await commitError?.catch((reason: unknown) => reason)
    if (!(cause instanceof Error)) throw error
    if (await isCausedByFullDisk(cause, path))
      throw new NoSpace(`The disk that holds ${path} has no space left`, { cause })
    throw cause
  }
}

/** LMDB reports a short write, as the last one on a full disk is, as an input/output error. */
async function isCausedByFullDisk(cause: Error & { code?: unknown }, path: string): Promise<boolean> {
  if (cause.code !== EIO) return cause.code === ENOSPC
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize < COMMIT_BYTES
}
