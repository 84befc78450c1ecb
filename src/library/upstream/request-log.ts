import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type ImageMatcher, imageName } from './image-matcher.js'
import { callOf, type RegistryCall, requireKind, type RequestKind } from './upstream-server.js'

/** A request that the upstream received. */
export interface UpstreamRequest extends RegistryCall {
  readonly method: string
  /** Includes the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly at: Date
  /** The status of the answer; undefined until it is sent, and if the connection was reset in its place. */
  readonly status: number | undefined
}

/** Selects requests: those that match every member. */
export interface RequestFilter {
  /** A repository (`library/nginx`), or one of its images (`library/nginx:latest`, `library/nginx@sha256:…`). */
  readonly image?: string
  readonly kind?: RequestKind
  readonly method?: string
  readonly status?: number
}

/** A request whose answer may not have been sent yet. */
export type RequestEntry = { -readonly [Member in keyof UpstreamRequest]: UpstreamRequest[Member] }

/** The requests that an upstream received. */
export interface RequestLog {
  received(request: IncomingMessage): RequestEntry
  /** Throws UsageError if the image is not the name of one, or the kind is unknown. */
  matching(filter: RequestFilter): UpstreamRequest[]
  clear(): void
}

/** A log of requests in memory. */
export function requestLog(isOf: ImageMatcher): RequestLog {
  const entries: RequestEntry[] = []
  return {
    received(request) {
      const { method = '', url: path = '', headers } = request
      const entry = { method, path, headers, at: new Date(), status: undefined, ...callOf(request) }
      entries.push(entry)
      return entry
    },
    matching({ image, kind, method, status }) {
      if (image !== undefined) imageName(image)
      requireKind(kind)
      return entries.filter(
        (entry) =>
          (image === undefined || isOf(image, entry)) &&
          (kind === undefined || kind === entry.kind) &&
          (method === undefined || method === entry.method) &&
          (status === undefined || status === entry.status),
      )
    },
    clear: () => void (entries.length = 0),
  }
}
