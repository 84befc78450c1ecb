import { isDigest } from '../registry/images/manifest.js'
import type { Entry } from '../registry/ports/key-value.js'
import type { RecordBatch, Snapshot } from '../registry/ports/record-transfer.js'
import { keyOf, type Records } from '../registry/ports/store.js'
import { installation, type Registry } from '../registry/registry.js'
import { TransferRefused } from './transfer-refused.js'
import { travellingCollections, travellingEntries } from './travelling-records.js'

/** A file of records ends with the record that reaches this size, or this number. */
const BYTES_PER_FILE = 1024 * 1024
const RECORDS_PER_FILE = 1000

/** A file of records: a line of JSON for each, which is an array of its key and the record. */
export interface RecordFile extends RecordBatch {
  /** `records/<account>/<region>/<collection>/<number>.jsonl`; instead of account and Region also `installation`. */
  readonly name: string
  readonly bytes: Buffer
}

/** All records of a snapshot that travel, always in the same order and the same files. */
export async function* recordFiles(snapshot: Snapshot): AsyncGenerator<RecordFile, void> {
  const registries = [...(await snapshot.registries())].sort(byName)
  for (const registry of registries)
    for (const collection of travellingCollections) yield* filesOf(snapshot, registry, collection)
}

async function* filesOf(
  snapshot: Snapshot,
  registry: Registry,
  collection: keyof Records,
): AsyncGenerator<RecordFile, void> {
  let after: string | undefined
  for (let number = 1; ; number++) {
    const page = { limit: RECORDS_PER_FILE, bytes: BYTES_PER_FILE, ...(after !== undefined && { after }) }
    const listed = await snapshot.list(registry, collection, page)
    after = listed.at(-1)?.[0]
    if (after === undefined) return
    const entries = travellingEntries(collection, listed)
    if (entries.length === 0) continue
    const name = `records/${placeOf(registry)}/${collection}/${String(number).padStart(6, '0')}.jsonl`
    yield { registry, collection, entries, name, bytes: Buffer.from(entries.map(lineOf).join('')) }
  }
}

const lineOf = ([key, value]: Entry) => `[${JSON.stringify(key)},${value}]\n`

const byName = (a: Registry, b: Registry) => (`${a.account} ${a.region}` < `${b.account} ${b.region}` ? -1 : 1)

const placeOf = ({ account, region }: Registry) =>
  account === installation.account ? 'installation' : `${account}/${region}`

/** Where the records of a file belong. Throws TransferRefused if this version has no such place. */
export function parseRecordFileName(name: string): Pick<RecordBatch, 'registry' | 'collection'> {
  const [, place = '', collection = ''] =
    /^records\/(installation|\d{12}\/[a-z0-9-]+)\/([A-Za-z]+)\/\d+\.jsonl$/.exec(name) ?? []
  if (!travellingCollections.some((known) => known === collection))
    throw new TransferRefused(
      `The archive contains ${JSON.stringify(name)}, which this version does not know: import it with the version that wrote it`,
    )
  const [account = '', region = ''] = place.split('/')
  return { registry: place === 'installation' ? installation : { account, region }, collection }
}

/** The records in the bytes of a file. Throws TransferRefused if a line is not one. */
export function parseRecordFile(name: string, bytes: Buffer): RecordBatch {
  const place = parseRecordFileName(name)
  const [last, ...lines] = bytes.toString('utf8').split('\n').reverse()
  if (last !== '') throw notRecord(name)
  return { ...place, entries: lines.reverse().map((line) => entryIn(line, name, place.collection)) }
}

function entryIn(line: string, name: string, collection: string): Entry {
  try {
    const [key, record] = JSON.parse(line) as unknown[]
    if (typeof key === 'string' && record !== undefined && record !== null && isUsable(collection, key, record))
      return [key, JSON.stringify(record)]
  } catch {
    // The same as a line of JSON that is something else.
  }
  throw notRecord(name)
}

const notRecord = (name: string) => new TransferRefused(`The archive is damaged: a line of ${name} is not a record`)

/**
 * Whether a record has what an import needs after its visible step: the notes of images are named by their digests, and
 * with a clock that shows no time nothing can be done any more.
 */
function isUsable(collection: string, key: string, record: unknown): boolean {
  if (collection === 'settings') return typeof record === 'string' && Number.isFinite(Number(record))
  if (collection !== 'images') return true
  const { repository, digest } = record as Partial<Record<string, unknown>>
  if (typeof repository !== 'string' || typeof digest !== 'string') return false
  return isDigest(digest) && key === keyOf(repository, digest)
}
