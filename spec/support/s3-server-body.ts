import type { IncomingHttpHeaders } from 'node:http'
import { crc32 } from 'node:zlib'
import { S3Error } from './s3-server-answers.js'

/**
 * Extracts the content of a body: removes aws-chunked framing if used, and checks the CRC-32 from a header or a
 * trailer. Throws S3Error. See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function contentOf(headers: IncomingHttpHeaders, body: Buffer): Buffer {
  const isChunked = String(headers['x-amz-content-sha256']).startsWith('STREAMING-')
  const { content, trailers } = isChunked ? unchunked(body) : { content: body, trailers: new Map<string, string>() }
  const declared = headers['x-amz-decoded-content-length']
  if (isChunked && Number(declared) !== content.length) throw new S3Error(400, 'IncompleteBody')
  const expected = headers['x-amz-checksum-crc32'] ?? trailers.get('x-amz-checksum-crc32')
  if (expected !== undefined && expected !== crcOf(content)) throw new S3Error(400, 'BadDigest')
  return content
}

function unchunked(body: Buffer): { content: Buffer; trailers: Map<string, string> } {
  const chunks: Buffer[] = []
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16)
    if (lineEnd < 0 || Number.isNaN(size)) throw new S3Error(400, 'IncompleteBody')
    at = lineEnd + 2
    if (size === 0) return { content: Buffer.concat(chunks), trailers: trailersIn(body.toString('latin1', at)) }
    chunks.push(body.subarray(at, at + size))
    at += size + 2
  }
}

const trailersIn = (text: string) =>
  new Map(
    text
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )

function crcOf(content: Buffer): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(content))
  return bytes.toString('base64')
}
