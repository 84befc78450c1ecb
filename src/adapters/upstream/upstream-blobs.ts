import { type BlobResponse, UpstreamFailure } from '../../registry/ports/upstream.js'
import type { RegistryClient, RegistryRequest } from './registry-client.js'
import { header, responseFailure, type UpstreamResponse } from './upstream-responses.js'

/** What a blob is opened with: its registry, and a permit for its transfer. */
export interface BlobSource {
  readonly host: string
  readonly send: RegistryClient
  readonly acquirePermit: () => Promise<() => void>
}

/**
 * Starts the transfer of a blob from byte `from` on. The transfer holds a permit until the body ends, fails or is
 * destroyed. If it breaks or is short, the body fails; the caller may then open the blob again from where it broke. The
 * body has a listener for errors, so it can be destroyed at any time.
 */
export async function openBlob(
  { host, send, acquirePermit }: BlobSource,
  request: RegistryRequest,
  from: number,
): Promise<BlobResponse> {
  const { subject } = request
  const headers = { ...request.headers, ...(from > 0 && { range: `bytes=${from}-` }) }
  const release = await acquirePermit()
  try {
    return await send({ ...request, headers, pool: 'blobs' }, (response) => {
      const { body, status } = response
      if (status >= 300) throw responseFailure(host, subject, response)
      const transfer = transferSize(response, from)
      if ('problem' in transfer) {
        body.destroy()
        throw new UpstreamFailure('unavailable', `The upstream registry ${host} ${transfer.problem} for ${subject}.`)
      }
      body.once('close', release)
      // Parts of a chunked body may share a buffer.
      const isChunked = header(response, 'content-length') === undefined
      return { size: transfer.size, body, ...(!isChunked && { reuse: response.reuse }) }
    })
  } catch (error) {
    release()
    throw error
  }
}

/**
 * The size of the whole blob if the response contains it from byte `from` on, else what is wrong. A 200 in response to
 * a Range request starts at byte 0: appended to the bytes already there, it would corrupt the blob.
 */
function transferSize(response: UpstreamResponse, from: number): { size: number | undefined } | { problem: string } {
  const repeated = FRAMING_HEADERS.find((name) => Array.isArray(response.headers[name]))
  if (repeated) return { problem: `repeated the header ${repeated}` }
  const length = wholeNumber(header(response, 'content-length'))
  if ((header(response, 'content-encoding') ?? 'identity') !== 'identity') {
    return { problem: 'sent a content encoding that was not requested' }
  }
  if (response.status === 200) return from === 0 ? { size: length } : { problem: 'ignored the Range header' }
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header(response, 'content-range') ?? '')
  if (response.status !== 206 || !range) return { problem: `answered ${response.status} without the bytes` }
  const [start, end, total] = range.slice(1).map(wholeNumber)
  if (start !== from || end === undefined || end < start) {
    return { problem: `sent a range other than the one from byte ${from}` }
  }
  const disagrees = (length !== undefined && length !== end - start + 1) || (total !== undefined && end >= total)
  return disagrees ? { problem: 'sent a range that disagrees with its length' } : { size: total }
}

/** The headers that say which bytes a response contains. If one is repeated, either value may be wrong. */
const FRAMING_HEADERS = ['content-length', 'content-range', 'content-encoding']

const wholeNumber = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined)
