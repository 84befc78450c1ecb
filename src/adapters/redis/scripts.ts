import { createHash } from 'node:crypto'
import type { Entry, Expectation, Write } from '../../registry/ports/key-value.js'
import { escaped, memberOf, rangeOfKey, rangeOfPage } from './keys.js'
import { encode } from './encoding.js'

/** The number of members in the first read of a page, and the limit for all further reads. */
const FIRST_READ = 8
const LARGEST_READ = 1000

/**
 * Writes if every expectation holds and returns 1; otherwise returns 0 and changes nothing. KEYS are the sorted sets,
 * ARGV[1] the expectations, ARGV[2] the changes, each a sequence of length-prefixed fields: the number of arguments
 * does not grow with the number of changes.
 */
export const COMMIT = `
local at, set, min, max, limit, expected, key, packed = 1
while at <= #ARGV[1] do
  set, min, max, limit, expected, at = struct.unpack('>I4c0I4c0I4c0I4c0I4c0', ARGV[1], at)
  local bound = string.match(limit, '^<(%d+)$')
  if bound then
    local hasFewer = redis.call('ZLEXCOUNT', KEYS[tonumber(set)], min, max) < tonumber(bound)
    if hasFewer ~= (expected == 'yes') then return 0 end
  else
    local found = redis.call('ZRANGEBYLEX', KEYS[tonumber(set)], min, max, 'LIMIT', 0, limit)
    for index, member in ipairs(found) do found[index] = struct.pack('>I4', #member) .. member end
    if redis.sha1hex(table.concat(found)) ~= expected then return 0 end
  end
end

at = 1
while at <= #ARGV[2] do
  set, key, packed, at = struct.unpack('>I4c0I4c0I4c0', ARGV[2], at)
  set = KEYS[tonumber(set)]
  local old = redis.call('ZRANGEBYLEX', set, '[' .. key .. '\\0', '(' .. key .. '\\1')[1]
  local new = packed ~= '' and key .. '\\0' .. packed or nil
  if new ~= old then
    if new then redis.call('ZADD', set, 0, new) end
    if old then redis.call('ZREM', set, old) end
  end
end
return 1
`

/**
 * Returns the members of a page with a limit in bytes. KEYS[1] is the sorted set; ARGV contains the range, the maximum
 * number of members, and the number of bytes of encoded values at which the page ends. The number of members in each
 * read is estimated from the average size so far, so that Redis never holds much more than it returns.
 */
export const PAGE = `
local min, max, limit, bytes = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local page, size, most = {}, 0, ${FIRST_READ}
while #page < limit and size < bytes do
  local wanted = math.min(most, limit - #page)
  local found = redis.call('ZRANGEBYLEX', KEYS[1], min, max, 'LIMIT', 0, wanted)
  for _, member in ipairs(found) do
    page[#page + 1] = member
    size = size + #member - string.find(member, '\\0', 1, true)
    if size >= bytes then break end
  end
  if #found < wanted then break end
  min = '(' .. page[#page]
  most = math.max(1, math.min(${LARGEST_READ}, math.floor((bytes - size) * #page / math.max(size, 1))))
end
return page
`

/**
 * The arguments of COMMIT: the collections whose sets are its keys, the encoded expectations and the encoded changes.
 */
export interface CommitArguments {
  readonly collections: readonly string[]
  readonly expectations: Buffer
  readonly changes: Buffer
}

/** Encodes expectations and changes for COMMIT. */
export function commitArguments(expectations: readonly Expectation[], writes: readonly Write[]): CommitArguments {
  const collections = [...new Set([...expectations, ...writes].map(({ collection }) => collection))]
  const numberOf = new Map(collections.map((collection, index) => [collection, String(index + 1)]))
  const number = ({ collection }: { collection: string }) => numberOf.get(collection) ?? ''
  return {
    collections,
    expectations: concatenated(
      expectations.flatMap((expectation) => [number(expectation), ...expectationFields(expectation)]),
    ),
    changes: concatenated(insertsFirst(writes).flatMap((write) => [number(write), ...changeFields(write)])),
  }
}

type Field = string | Buffer

/**
 * The bounds of a range, then either the number of members that were read and their hash, or `<` with the bound of a
 * count and whether it held.
 */
function expectationFields(expectation: Expectation): Field[] {
  if ('bound' in expectation) {
    const { bound, hasFewer } = expectation
    const { min, max } = rangeOfPage({ prefix: bound.prefix })
    return [min, max, `<${bound.fewerThan}`, hasFewer ? 'yes' : 'no']
  }
  if ('page' in expectation) {
    const { min, max } = rangeOfPage(expectation.page)
    return [min, max, String(expectation.page.limit), hashOf(expectation.entries)]
  }
  const { key, value } = expectation
  const { min, max } = rangeOfKey(key)
  return [min, max, '1', hashOf(value === undefined ? [] : [[key, value]])]
}

/** A full Redis refuses a script at its first insert, but only if the script has written nothing before it. */
const insertsFirst = (writes: readonly Write[]) => [
  ...writes.filter(({ value }) => value !== undefined),
  ...writes.filter(({ value }) => value === undefined),
]

function changeFields({ key, value }: Write): Field[] {
  return [escaped(key), value === undefined ? '' : encode(key, value)]
}

/** The hash of the members that were read: the script compares hashes instead of returning the members. */
function hashOf(entries: readonly Entry[]): string {
  return createHash('sha1')
    .update(concatenated(entries.map(([key, value]) => memberOf(key, encode(key, value)))))
    .digest('hex')
}

const LENGTH_BYTES = 4

/** Concatenates fields, each prefixed with its length. */
function concatenated(fields: readonly Field[]): Buffer {
  const lengths = fields.map((field) => Buffer.byteLength(field))
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + LENGTH_BYTES + length, 0))
  let offset = 0
  fields.forEach((field, index) => {
    const length = lengths[index] ?? 0
    offset = bytes.writeUInt32BE(length, offset)
    if (typeof field === 'string') bytes.write(field, offset)
    else field.copy(bytes, offset)
    offset += length
  })
  return bytes
}
