import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as later } from 'node:timers/promises'
import { type Answer, errorAnswer, S3Error } from './s3-server-answers.js'
import { contentOf } from './s3-server-body.js'
import { operationOf, operations } from './s3-server-operations.js'
import { checkSignature, type Keys } from './s3-server-signatures.js'
import { type BucketState, emptyBucket } from './s3-server-state.js'

/**
 * How a request fails: a status, no answer at all, an answer that ends halfway through its body, a connection reset
 * before anything is done, an answer lost after everything is done, or a late answer.
 */
export type S3Fault = 500 | 503 | 403 | 501 | 'hang' | 'truncate' | 'reset' | 'lost' | 'late'

/**
 * An S3 server for specs. It verifies requests, stores objects in memory, and fails on demand. Supports path style
 * only.
 */
export interface S3Server extends AsyncDisposable {
  /** The value of AWS_ENDPOINT_URL_S3: `http://127.0.0.1:<port>`. */
  readonly url: string
  readonly port: number
  readonly buckets: Map<string, BucketState>
  /** The requests in order, such as `PutObject blobs/sha256/…`. */
  readonly requests: readonly string[]
  /** Makes the next requests fail, optionally only those of one operation and only after some have succeeded. */
  failNext(times: number, fault: S3Fault, which?: { operation?: RegExp; after?: number }): void
  /** Removes the faults that have not occurred yet and returns their number. */
  heal(): number
  close(): Promise<void>
}

export interface S3ServerOptions extends Partial<Keys> {
  port?: number
  host?: string
  buckets?: readonly string[]
  /** The maximum number of names on a page of a listing; 1000 in S3. */
  pageSize?: number
}

interface Running {
  readonly keys: Keys
  readonly buckets: Map<string, BucketState>
  readonly pageSize: number
  readonly requests: string[]
  readonly faults: { fault: S3Fault; operation: RegExp; after: number; times: number }[]
}

const LATE_MS = 150

/** Starts the server, on a free port unless one is given. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const { accessKeyId = 'AKIDS3', secretAccessKey = 's3-secret', region = 'us-east-1', pageSize = 1000 } = options
  const running: Running = {
    keys: { accessKeyId, secretAccessKey, region },
    buckets: new Map((options.buckets ?? ['images']).map((name) => [name, emptyBucket()])),
    ...{ pageSize, requests: [], faults: [] },
  }
  const server = createServer((req, res) => void serve(req, res, running).catch(() => res.destroy()))
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const { port } = server.address() as AddressInfo
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  return {
    ...{ url: `http://127.0.0.1:${port}`, port, buckets: running.buckets, requests: running.requests, close },
    failNext: (times, fault, { operation = /./, after = 0 } = {}) =>
      void running.faults.push({ fault, operation, after, times }),
    heal: () => running.faults.splice(0).reduce((left, { times }) => left + times, 0),
    [Symbol.asyncDispose]: close,
  }
}

async function serve(req: IncomingMessage, res: ServerResponse, running: Running): Promise<void> {
  const { method = '', url = '', headers } = req
  const [path = '', search = ''] = url.split('?')
  const [, bucketName = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(path)) ?? []
  const query = new URLSearchParams(search)
  const operation = operationOf(method, key, query, headers)
  running.requests.push(`${operation} ${key}`)
  const fault = nextFault(running, operation)
  if (fault === 'reset') return void req.socket.resetAndDestroy()
  const body = await bodyOf(req)
  if (fault === 'hang') return
  if (fault === 'late') await later(LATE_MS)
  if (typeof fault === 'number') return write(res, method, errorAnswer(new S3Error(fault, FAULTS[fault])))
  const { answer, failed } = answerTo(() => {
    checkSignature(req, body, running.keys)
    const bucket = operation === 'CreateBucket' ? emptyBucket() : running.buckets.get(bucketName)
    if (!bucket) throw new S3Error(404, 'NoSuchBucket')
    const request = { operation, buckets: running.buckets, bucketName, bucket, key, query, headers }
    const run = operations[operation]
    if (!run) throw new S3Error(405, 'MethodNotAllowed')
    return run({ ...request, body: contentOf(headers, body), pageSize: running.pageSize })
  })
  if (fault === 'lost' && !failed) return void req.socket.resetAndDestroy()
  if (fault === 'truncate') return truncate(res, answer)
  write(res, method, answer)
}

const FAULTS = { 500: 'InternalError', 503: 'SlowDown', 403: 'AccessDenied', 501: 'NotImplemented' } as const

function nextFault({ faults }: Running, operation: string): S3Fault | undefined {
  const next = faults.find((fault) => fault.operation.test(operation))
  if (!next || next.after-- > 0) return undefined
  if (--next.times <= 0) faults.splice(faults.indexOf(next), 1)
  return next.fault
}

function answerTo(work: () => Answer): { answer: Answer; failed: boolean } {
  try {
    return { answer: work(), failed: false }
  } catch (error) {
    const refusal = error instanceof S3Error ? error : new S3Error(500, `InternalError: ${String(error)}`)
    return { answer: errorAnswer(refusal), failed: true }
  }
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function write(res: ServerResponse, method: string, { status = 200, headers, body = '' }: Answer): void {
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }
  res.writeHead(status, { ...headers, ...length, 'x-amz-request-id': 'SPEC' })
  res.end(method === 'HEAD' ? undefined : body)
}

/** Announces the whole length of the body and sends half of it. */
function truncate(res: ServerResponse, { status = 200, headers, body = '' }: Answer): void {
  const bytes = Buffer.from(body)
  res.writeHead(status, { ...headers, 'content-length': bytes.length })
  res.write(bytes.subarray(0, bytes.length >> 1), () => res.destroy())
}
