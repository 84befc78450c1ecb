import { readSync } from 'node:fs'

/**
 * What is read of LMDB's data file without LMDB: enough to see whether every page its trees lead to is there. The layout is
 * that of `mdb.c` in the lmdb package, data version 2, on a 64-bit little-endian machine: the only ones it has builds for.
 */
export interface Meta {
  readonly pageSize: number
  /** The highest page number that was ever given out. */
  readonly lastPage: number
  /** The last commit; it counts up. */
  readonly transaction: bigint
  /** Where the tree of free pages and that of the records begin; undefined for an empty one. */
  readonly roots: readonly (number | undefined)[]
}

const MAGIC = 0xbeefc0de
const DATA_VERSION = 2

/** MDB_page_header; offsets in a page count from behind it. */
const HEADER_BYTES = 24
const FLAGS_AT = 18
const LOWER_AT = 20
const [BRANCH, LEAF] = [0x01, 0x02]

/** MDB_meta, behind the header of its page. */
const META_BYTES = HEADER_BYTES + 144
const VERSION_AT = HEADER_BYTES + 4
const PAGE_SIZE_AT = HEADER_BYTES + 24
const ROOTS_AT = [HEADER_BYTES + 64, HEADER_BYTES + 112]
const LAST_PAGE_AT = HEADER_BYTES + 120
const TRANSACTION_AT = HEADER_BYTES + 128
const NO_PAGE = 0xffff_ffff_ffff_ffffn

/** MDB_node: four numbers of 16 bits, then the key, then the data. */
const NODE_BYTES = 8
const BIG_DATA = 0x01

/** The meta page of the last commit, of the two there are; undefined where the file does not begin with them. */
export function newestMeta(descriptor: number, size: number): Meta | undefined {
  const first = metaAt(descriptor, 0)
  if (!first || first.pageSize + META_BYTES > size) return undefined
  const second = metaAt(descriptor, first.pageSize)
  return second && second.transaction > first.transaction ? second : first
}

function metaAt(descriptor: number, position: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES)
  if (readSync(descriptor, bytes, 0, META_BYTES, position) < META_BYTES) return undefined
  const version = bytes.readUInt32LE(VERSION_AT) & 0xffff
  const pageSize = bytes.readUInt32LE(PAGE_SIZE_AT)
  if (bytes.readUInt32LE(HEADER_BYTES) !== MAGIC || version !== DATA_VERSION) return undefined
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined
  return {
    pageSize,
    lastPage: Number(bytes.readBigUInt64LE(LAST_PAGE_AT)),
    transaction: bytes.readBigUInt64LE(TRANSACTION_AT),
    roots: ROOTS_AT.map((at) => bytes.readBigUInt64LE(at)).map((page) => (page === NO_PAGE ? undefined : Number(page))),
  }
}

/** What is wrong with the first page that cannot be used, of the roots or of every page they lead to. */
export function brokenPage(
  descriptor: number,
  size: number,
  { pageSize, roots }: Meta,
  which: 'roots' | 'every page',
): string | undefined {
  const pagesThere = Math.floor(size / pageSize)
  const page = Buffer.alloc(pageSize)
  const isMissing = (number: number) =>
    `it was cut short: page ${number} is missing, its ${size} bytes are ${pagesThere} pages`
  const left = roots.filter((root) => root !== undefined)
  let looked = 0
  for (let number = left.pop(); number !== undefined; number = left.pop()) {
    if (++looked > pagesThere) return 'its pages lead in a circle'
    if (number >= pagesThere) return isMissing(number)
    readSync(descriptor, page, 0, pageSize, number * pageSize)
    const nodes = nodesOf(page, number)
    if (!nodes) return `page ${number} is not what it was`
    if (which === 'roots') continue
    for (const node of nodes) {
      const { child, last } = pagesBehind(page, node)
      if (last !== undefined && last >= pagesThere) return isMissing(last)
      if (child !== undefined) left.push(child)
    }
  }
  return undefined
}

/** Where the nodes of a page of a tree begin; undefined where it is none. */
function nodesOf(page: Buffer, number: number): number[] | undefined {
  const kind = page.readUInt16LE(FLAGS_AT) & (BRANCH | LEAF)
  const count = page.readUInt16LE(LOWER_AT) / 2
  const isTree = Number(page.readBigUInt64LE(0)) === number && (kind === BRANCH || kind === LEAF)
  if (!isTree || count < 0 || !Number.isInteger(count) || HEADER_BYTES + count * 2 > page.length) return undefined
  const nodes = Array.from({ length: count }, (_, index) => HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + index * 2))
  const isWithin = (node: number) =>
    node + NODE_BYTES <= page.length && node + NODE_BYTES + page.readUInt16LE(node + 6) <= page.length
  return nodes.every(isWithin) ? nodes : undefined
}

/** The page a node of a branch leads to, and the last of those that hold a value too long for its leaf. */
function pagesBehind(page: Buffer, node: number): { child?: number; last?: number } {
  const [flags, keyLength] = [page.readUInt16LE(node + 4), page.readUInt16LE(node + 6)]
  if ((page.readUInt16LE(FLAGS_AT) & BRANCH) !== 0) return { child: page.readUInt32LE(node) + flags * 2 ** 32 }
  const data = node + NODE_BYTES + keyLength
  if ((flags & BIG_DATA) === 0 || data + 24 > page.length) return {}
  const [first, count] = [page.readBigUInt64LE(data), page.readBigUInt64LE(data + 16)]
  return { last: Number(first + count) - 1 }
}
