import type { MetricsText } from '../registry/ports/metrics.js'

/** What a plane tells about itself, to whoever looks after it. */
export interface AboutDeps {
  /** Whether the store answers. Never rejects. */
  readonly isReady: () => Promise<boolean>
  readonly metricsText: () => Promise<MetricsText>
  /** What `/health` tells beside the status. */
  readonly about: { readonly version: string; readonly store: string; readonly auth: 'strict' | 'relaxed' }
}

/** An answer to be written in either plane's way. */
export interface AboutAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const JSON_TYPE = { 'content-type': 'application/json' }

/**
 * The endpoints of a plane that are no API: `/health` answers while the process lives, `/ready` says whether requests should
 * be sent here, `/metrics` is for Prometheus. Open to everybody: they name nobody's repositories.
 */
export function aboutPlane(
  plane: 'control' | 'data',
  { method, path }: { readonly method: string | undefined; readonly path: string },
  deps: AboutDeps,
): Promise<AboutAnswer> | undefined {
  const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path as keyof typeof endpoints] : undefined
  return endpoint && (method === 'GET' || method === 'HEAD') ? endpoint(plane, deps) : undefined
}

type Endpoint = (plane: 'control' | 'data', deps: AboutDeps) => Promise<AboutAnswer>

const health: Endpoint = async (plane, { about }) => ({
  ...{ statusCode: 200, headers: JSON_TYPE },
  body: JSON.stringify({ status: 'ok', plane, ...about }),
})

const ready: Endpoint = async (plane, { isReady }) => {
  const answers = await isReady()
  const status = answers ? 'ready' : 'the store does not answer'
  return { statusCode: answers ? 200 : 503, headers: JSON_TYPE, body: JSON.stringify({ status, plane }) }
}

const metrics: Endpoint = async (_plane, { metricsText }) => {
  const { contentType, body } = await metricsText()
  return { statusCode: 200, headers: { 'content-type': contentType }, body }
}

/** How long a text of the metrics is given to whoever asks. */
const KEPT_MS = 1_000

/** Writes the metrics once a second at the most: anybody may ask, as often as they like, and each text costs milliseconds. */
export function sharedText(write: () => Promise<MetricsText>): () => Promise<MetricsText> {
  let text: Promise<MetricsText> | undefined
  return () => (text ??= write().finally(() => setTimeout(() => (text = undefined), KEPT_MS).unref()))
}

const endpoints = { '/health': health, '/ready': ready, '/metrics': metrics } as const
