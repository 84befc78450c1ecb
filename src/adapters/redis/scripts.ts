import { createHash } from 'node:crypto'
import type { Entry, Expectation, Write } from '../../registry/ports/key-value.js'
import { escaped, memberOf, rangeOfKey, rangeOfPage } from './keys.js'
import { encode } from './encoding.js'

/** Members that are read first, and at most at a time. */
const [FIRST_READ, LARGEST_READ] = [8, 1000]

/**
 * Writes if everything that was expected holds: 1, or 0 and nothing has changed. KEYS are sorted sets; ARGV[1] what is expected,
 * ARGV[2] what is written, each a row of length-prefixed fields: few arguments, however much is written.
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
 * The members of a page that is bounded in bytes, too. KEYS[1] is the sorted set, ARGV the range, the most members, and
 * the bytes of encoded values at which it ends. It reads as many at a time as the last ones let expect to fit, so that
 * Redis never holds much more than it answers.
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

/** What COMMIT is called with: the collections whose sets are its keys, and its two arguments. */
export interface CommitArguments {
  readonly collections: readonly string[]
  readonly expected: Buffer
  readonly written: Buffer
}

export function commitArguments(expectations: readonly Expectation[], writes: readonly Write[]): CommitArguments {
  const collections = [...new Set([...expectations, ...writes].map(({ collection }) => collection))]
  const numberOf = new Map(collections.map((collection, index) => [collection, String(index + 1)]))
  const number = ({ collection }: { collection: string }) => numberOf.get(collection) ?? ''
  return {
    collections,
    expected: row(expectations.flatMap((expectation) => [number(expectation), ...expectedFields(expectation)])),
    written: row(insertsFirst(writes).flatMap((write) => [number(write), ...writtenFields(write)])),
  }
}

type Field = string | Buffer

/** The bounds of a range, how many members of it were read (or `<` and the number there are to be fewer than), what was found. */
function expectedFields(expectation: Expectation): Field[] {
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

/** Redis that is full refuses a script at its first insert, if that comes before anything else it writes. */
const insertsFirst = (writes: readonly Write[]) => [
  ...writes.filter(({ value }) => value !== undefined),
  ...writes.filter(({ value }) => value === undefined),
]

function writtenFields({ key, value }: Write): Field[] {
  return [escaped(key), value === undefined ? '' : encode(key, value)]
}

/** The script sends nothing back to compare: it compares hashes. */
function hashOf(entries: readonly Entry[]): string {
  return createHash('sha1')
    .update(row(entries.map(([key, value]) => memberOf(key, encode(key, value)))))
    .digest('hex')
}

const LENGTH_BYTES = 4

/** All fields one behind the other, each behind its length. */
function row(fields: readonly Field[]): Buffer {
  const lengths = fields.map((field) => Buffer.byteLength(field))
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + LENGTH_BYTES + length, 0))
  let at = 0
  fields.forEach((field, index) => {
    const length = lengths[index] ?? 0
    at = bytes.writeUInt32BE(length, at)
    if (typeof field === 'string') bytes.write(field, at)
    else field.copy(bytes, at)
    at += length
  })
  return bytes
}
