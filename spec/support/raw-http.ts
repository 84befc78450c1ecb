import { once } from 'node:events'
import { connect } from 'node:net'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import { signed, type Wanted, withHeader } from '../sigv4/signing.js'

/** One answer as received from the connection. */
export interface RawAnswer {
  readonly status: number
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Sending {
  /** Closes the sending side after the request, as a client does that gives up in the middle of it. */
  readonly halfClose?: boolean
}

/** A server that keeps a connection open for this long after the last byte is considered to have failed to close it. */
const CLOSES_WITHIN_MS = 10_000

/**
 * Writes bytes that no HTTP client would send and reads answers until the server closes the connection. An unexpected
 * additional answer reveals a smuggled request. Throws if the server keeps the connection open.
 */
export async function rawAnswers(endpoint: string, bytes: Uint8Array, sending: Sending = {}): Promise<RawAnswer[]> {
  const { hostname, port } = new URL(endpoint)
  const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''))
  const received: Buffer[] = []
  socket.on('data', (chunk: Buffer) => received.push(chunk))
  // A server that has refused may reset the connection; the answer it sent before still counts.
  socket.on('error', () => {})
  socket.setTimeout(CLOSES_WITHIN_MS, () => received.push(Buffer.from('\nkept open')) && socket.destroy())
  socket.write(bytes)
  if (sending.halfClose) socket.end()
  await once(socket, 'close')
  return answersIn(Buffer.concat(received))
}

function answersIn(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let rest = bytes.toString('latin1'); rest !== '';) {
    const [whole, status, lines = ''] = /^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(rest) ?? []
    if (whole === undefined) throw new Error(`No HTTP answer: ${JSON.stringify(rest.slice(0, 200))}`)
    const headers = Object.fromEntries(lines.split('\r\n').filter(Boolean).map(nameAndValue))
    // The HTTP parser's own refusals have no body; some of them use chunked encoding.
    const isChunked = headers['transfer-encoding'] === 'chunked'
    const end = whole.length + (isChunked ? '0\r\n\r\n'.length : Number(headers['content-length'] ?? 0))
    const body = Buffer.from(rest.slice(whole.length, end), 'latin1').toString()
    answers.push({ status: Number(status), headers, body })
    rest = rest.slice(end)
  }
  return answers
}

function nameAndValue(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

export interface Framing {
  readonly version?: string
  /** The header lines that frame the body; by default its length. */
  readonly framing?: readonly string[]
  /** Whether to ask the server to close the connection after its answer. */
  readonly close?: boolean
}

/** The bytes of a request, whose headers may contain invalid values. */
export function requestBytes(
  { method, path, rawHeaders = [], body }: SignedRequest,
  { version = '1.1', framing = [`Content-Length: ${body.length}`], close = true }: Framing = {},
): Buffer {
  const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []))
  const counted = lines.some((line) => /^content-length:/i.test(line))
  const head = [
    `${method} ${path} HTTP/${version}`,
    ...lines,
    ...(counted ? [] : framing),
    ...(close ? ['Connection: close'] : []),
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

/** The X-Amz-Target of an operation. */
export const targetOf = (operation: string) => `AmazonEC2ContainerRegistry_V20150921.${operation}`

/** A signed call that the emulator accepts, from its developer; the content length is not signed. */
export const developerCall = (operation: string, { headers, ...wanted }: Wanted = {}): SignedRequest =>
  withHeader(
    signed({
      ...{ keyId: 'AKIDEXAMPLE', secret: 'secret', extraHeadersToIgnore: { 'content-length': true } },
      headers: { 'X-Amz-Target': targetOf(operation), ...headers },
      ...wanted,
    }),
    'content-length',
  )

/** A clock that is stopped at the given time, such as that of the signatures in specs. */
export const clockAt = (time: Date) => ({ now: async () => time, wall: () => time, advance: async () => time })
