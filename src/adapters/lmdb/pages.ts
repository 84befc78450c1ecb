import { readSync } from 'node:fs'
import { formatCount } from '../../registry/amounts.js'

/**
 * A meta page of LMDB's data file. This file reads the format without LMDB, as far as needed to check that every page
 * its trees refer to exists. The format is that of `mdb.c` in the lmdb package, data version 2, on 64-bit little-endian
 * machines, the only ones that the package has builds for.
 */
export interface Meta {
  readonly pageSize: number
  /** The highest page number that was ever allocated. */
  readonly lastPage: number
  /** The number of the last commit, which increases with each. */
  readonly transaction: bigint
  /** The root pages of the tree of free pages and of the tree of records; undefined for an empty tree. */
  readonly roots: readonly (number | undefined)[]
}

const MAGIC = 0xbeefc0de
const DATA_VERSION = 2

/** MDB_page_header. The offsets in a page are relative to its end. */
const HEADER_BYTES = 24
const FLAGS_AT = 18
const LOWER_AT = 20
const BRANCH = 0x01
const LEAF = 0x02

/** MDB_meta, which follows the header of its page. */
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

/** The more recent of the two meta pages; undefined if the file does not begin with them. */
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

/**
 * A description of the first unusable page, among the roots or among every page they refer to; undefined if all are
 * usable.
 */
export function brokenPage(
  descriptor: number,
  size: number,
  { pageSize, roots }: Meta,
  which: 'roots' | 'every page',
): string | undefined {
  const pageCount = Math.floor(size / pageSize)
  const page = Buffer.alloc(pageSize)
  const isMissing = (number: number) =>
    `it was cut short: page ${number} is missing, its ${size} bytes are ${formatCount(pageCount, 'page')}`
  const pending = roots.filter((root) => root !== undefined)
  let visits = 0
  for (let number = pending.pop(); number !== undefined; number = pending.pop()) {
    if (++visits > pageCount) return 'its pages refer to each other in a circle'
    if (number >= pageCount) return isMissing(number)
    readSync(descriptor, page, 0, pageSize, number * pageSize)
    const nodes = nodesOf(page, number)
    if (!nodes) return `page ${number} has other content than LMDB wrote`
    if (which === 'roots') continue
    for (const node of nodes) {
      const { child, last } = pagesOf(page, node)
      if (last !== undefined && last >= pageCount) return isMissing(last)
      if (child !== undefined) pending.push(child)
    }
  }
  return undefined
}

/** The offsets of the nodes of a tree page; undefined if the page does not belong to a tree. */
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

/** The page that a node of a branch refers to, and the last of the pages that hold a value too long for its leaf. */
function pagesOf(page: Buffer, node: number): { child?: number; last?: number } {
  const flags = page.readUInt16LE(node + 4)
  const keyLength = page.readUInt16LE(node + 6)
  if ((page.readUInt16LE(FLAGS_AT) & BRANCH) !== 0) return { child: page.readUInt32LE(node) + flags * 2 ** 32 }
  const data = node + NODE_BYTES + keyLength
  if ((flags & BIG_DATA) === 0 || data + 24 > page.length) return {}
  const first = page.readBigUInt64LE(data)
  const count = page.readBigUInt64LE(data + 16)
  return { last: Number(first + count) - 1 }
}
