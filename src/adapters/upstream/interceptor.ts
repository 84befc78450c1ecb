import type { Deadline } from './deadline.js'
import type { UpstreamResponse } from './upstream-responses.js'

/** A request to a registry or its token service, as the interceptors pass it on. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'HEAD'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly deadline: Deadline
  /** What messages call it: `library/nginx:latest`. */
  readonly subject: string
  /** The repository whose `pull` scope a token needs; undefined for the registry itself. */
  readonly repository?: string
  /** Blobs have a connection pool of their own, so that small requests do not wait behind them. */
  readonly pool: 'requests' | 'blobs'
}

/** Makes a result of a response. If it throws, the rest of the body is discarded. */
export type ReadResponse<T> = (response: UpstreamResponse) => T | Promise<T>

/** Sends a request and returns what `read` makes of the response; reading is retried together with sending. */
export type Send = <T>(request: UpstreamRequest, read: ReadResponse<T>) => Promise<T>

/** One step between a request and the socket, like an interceptor of undici: it sends through `next`. */
export type Interceptor = (next: Send) => Send

/** Puts interceptors in front of a transport. The first one is the outermost: it is called first and returns last. */
export const compose = (transport: Send, interceptors: readonly Interceptor[]): Send =>
  interceptors.reduceRight((next, interceptor) => interceptor(next), transport)
