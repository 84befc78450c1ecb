import type { Metrics } from '../registry/ports/metrics.js'
import type { Traces } from '../registry/ports/traces.js'
import { type Upstream, UpstreamFailure, type Upstreams } from '../registry/ports/upstream.js'

/** Upstreams whose requests are counted by outcome, and traced if traces are collected. */
export function observedUpstreams(upstreams: Upstreams, metrics: Metrics, traces: Traces): Upstreams {
  return {
    of: (host, account, credentials) =>
      observedUpstream(upstreams.of(host, account, credentials), host, metrics, traces),
    close: () => upstreams.close(),
  }
}

type RequestKind = Parameters<Metrics['upstream']>[0]

function observedUpstream(upstream: Upstream, host: string, metrics: Metrics, traces: Traces): Upstream {
  const observe = <R>(kind: RequestKind, send: () => Promise<R>): Promise<R> =>
    traces.part('client', `upstream ${kind}`, { 'server.address': host }, async () => {
      try {
        const result = await send()
        metrics.upstream(kind, 'ok')
        return result
      } catch (error) {
        metrics.upstream(kind, error instanceof UpstreamFailure ? error.kind : 'failed')
        throw error
      }
    })
  return {
    resolve: (...args) => observe('resolve', () => upstream.resolve(...args)),
    manifest: (...args) => observe('manifest', () => upstream.manifest(...args)),
    blob: (...args) => observe('blob', () => upstream.blob(...args)),
    referrers: (...args) => observe('referrers', () => upstream.referrers(...args)),
    hasBlob: (...args) => observe('blob', () => upstream.hasBlob(...args)),
    ping: () => observe('ping', () => upstream.ping()),
  }
}
