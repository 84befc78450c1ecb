import type { Readable } from 'node:stream'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { type Answer, failureFrom, header } from './upstream-responses.js'
import type { Ask, Question } from './ask.js'

/**
 * Opens a blob's transfer in a slot that is its own until the body ends, fails or is destroyed. A broken or short
 * transfer is an error of the body; opening again `from` where it broke is up to the caller. The body may be destroyed
 * without listening for the error that gives.
 */
export async function openBlob(
  { host, ask, slot }: { host: string; ask: Ask; slot: () => Promise<() => void> },
  question: Question,
  from: number,
): Promise<{ size: number | undefined; body: Readable }> {
  const { subject } = question
  const headers = { ...question.headers, ...(from > 0 && { range: `bytes=${from}-` }) }
  const release = await slot()
  try {
    return await ask({ ...question, headers, lane: 'blobs' }, async (answer) => {
      const { body, status } = answer
      if (status >= 300) throw failureFrom(host, subject, answer)
      const read = transferSize(answer, from)
      if (typeof read === 'string') {
        body.destroy()
        throw new UpstreamFailure('unavailable', `The upstream registry ${host} ${read} for ${subject}.`)
      }
      body.once('close', release)
      return { size: read.size, body }
    })
  } catch (error) {
    release()
    throw error
  }
}

/**
 * The size of the whole blob if the answer holds it from byte `from` on; else what is wrong. A 200 in answer to a Range
 * would put the first bytes after the ones already there.
 */
function transferSize(answer: Answer, from: number): { size: number | undefined } | string {
  const repeated = framing.find((name) => Array.isArray(answer.headers[name]))
  if (repeated) return `repeated the header ${repeated}`
  const length = wholeNumber(header(answer, 'content-length'))
  if ((header(answer, 'content-encoding') ?? 'identity') !== 'identity') return 'sent an encoding nobody asked for'
  if (answer.status === 200) return from === 0 ? { size: length } : 'ignored the Range header'
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header(answer, 'content-range') ?? '')
  if (answer.status !== 206 || !range) return `answered ${answer.status} without the bytes`
  const [start, end, total] = range.slice(1).map(wholeNumber)
  if (start !== from || end === undefined || end < start) return `sent another range than the one from ${from} on`
  const disagrees = (length !== undefined && length !== end - start + 1) || (total !== undefined && end >= total)
  return disagrees ? 'sent a range that disagrees with its length' : { size: total }
}

/** Headers that say which bytes these are: of two, either may be the wrong one. */
const framing = ['content-length', 'content-range', 'content-encoding']

const wholeNumber = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined)
