import type { ByteRange } from '../registry/ports/blob-store.js'
import { rangeNotSatisfiable } from './oci-errors.js'

const SINGLE_RANGE = /^bytes=(\d*)-(\d*)$/

/**
 * The one range a request asks for; undefined where the whole is to be sent: no Range, one that cannot be read, or
 * several (RFC 9110 section 14.2 lets a server ignore those). Throws 416 for a range outside the content.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first, last] = SINGLE_RANGE.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined

  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && first !== '' && Number(last) < start) return undefined
  if (start >= size || (first === '' && Number(last) === 0)) throw rangeNotSatisfiable(size)
  return { start, end }
}
