import type { IncomingMessage } from 'node:http'
import type { MetricsText } from '../registry/ports/metrics.js'
import { splitOnce } from './split-once.js'

/** What a plane reports about itself to operators, load balancers and Prometheus. */
export interface HealthDeps {
  /** Whether the store answers. Never rejects. */
  readonly isReady: () => Promise<boolean>
  readonly metricsText: () => Promise<MetricsText>
  /** What `/health` reports in addition to the status. */
  readonly about: {
    /** The planes that answer at this port. */
    readonly plane: 'control' | 'data' | 'both'
    readonly version: string
    readonly store: string
    readonly auth: 'strict' | 'relaxed'
  }
}

/** A response to which the plane adds its own headers before writing it. */
export interface HealthResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const JSON_TYPE = { 'content-type': 'application/json' }

/**
 * The endpoints of a plane that belong to no API: `/health` answers as long as the process runs, `/ready` says whether
 * the plane can serve requests, `/metrics` is for Prometheus. They need no credentials because they reveal no
 * repository names. Undefined for any other request.
 */
export function healthEndpoint(
  { method, url = '' }: IncomingMessage,
  deps: HealthDeps,
): Promise<HealthResponse> | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const [path] = splitOnce(url, '?')
  const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path as keyof typeof endpoints] : undefined
  return endpoint?.(deps)
}

type HealthEndpoint = (deps: HealthDeps) => Promise<HealthResponse>

const health: HealthEndpoint = async ({ about }) => ({
  statusCode: 200,
  headers: JSON_TYPE,
  body: JSON.stringify({ status: 'ok', ...about }),
})

const ready: HealthEndpoint = async ({ about, isReady }) => {
  const answers = await isReady()
  const status = answers ? 'ready' : 'the store does not answer'
  return { statusCode: answers ? 200 : 503, headers: JSON_TYPE, body: JSON.stringify({ status, plane: about.plane }) }
}

const metrics: HealthEndpoint = async ({ metricsText }) => {
  const { contentType, body } = await metricsText()
  return { statusCode: 200, headers: { 'content-type': contentType }, body }
}

const endpoints = { '/health': health, '/ready': ready, '/metrics': metrics } as const

/** How long a rendered text of the metrics is served. */
const SHARED_MS = 1_000

/** Renders the metrics at most once a second: it takes milliseconds, and requests for them need no credentials. */
export function sharedText(write: () => Promise<MetricsText>): () => Promise<MetricsText> {
  let text: Promise<MetricsText> | undefined
  return () => (text ??= write().finally(() => setTimeout(() => (text = undefined), SHARED_MS).unref()))
}
