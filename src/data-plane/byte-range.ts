import type { ByteRange } from '../registry/ports/blob-store.js'
import { rangeNotSatisfiable } from './oci-errors.js'

const SINGLE_RANGE = /^bytes=(\d*)-(\d*)$/

/**
 * The single range that a request asks for. Undefined if the whole content is to be sent: without a Range header, with
 * an invalid one, and with several ranges, which RFC 9110 section 14.2 lets a server ignore. Throws 416 for a range
 * outside the content. The package range-parser is not used: 1.x refuses ranges that RFC 9110 wants ignored, and 2.x
 * needs Node 22 (decision 24).
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
