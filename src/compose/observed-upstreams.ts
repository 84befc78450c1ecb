import type { Metrics } from '../registry/ports/metrics.js'
import type { Traces } from '../registry/ports/traces.js'
import { type Upstream, UpstreamFailure, type Upstreams } from '../registry/ports/upstream.js'

/** Counts what upstreams are asked and how they answer, and tells it where traces are collected. */
export function observedUpstreams(upstreams: Upstreams, metrics: Metrics, traces: Traces): Upstreams {
  return {
    of: (host, account, credentials) => observed(upstreams.of(host, account, credentials), host, metrics, traces),
    close: () => upstreams.close(),
  }
}

type Question = Parameters<Metrics['upstream']>[0]

function observed(upstream: Upstream, host: string, metrics: Metrics, traces: Traces): Upstream {
  const asking = <R>(question: Question, ask: () => Promise<R>): Promise<R> =>
    traces.part('client', `upstream ${question}`, { 'server.address': host }, async () => {
      try {
        const answer = await ask()
        metrics.upstream(question, 'ok')
        return answer
      } catch (error) {
        metrics.upstream(question, error instanceof UpstreamFailure ? error.kind : 'failed')
        throw error
      }
    })
  return {
    resolve: (repository, tag) => asking('resolve', () => upstream.resolve(repository, tag)),
    manifest: (repository, reference) => asking('manifest', () => upstream.manifest(repository, reference)),
    blob: (...asked) => asking('blob', () => upstream.blob(...asked)),
    referrers: (...asked) => asking('referrers', () => upstream.referrers(...asked)),
    hasBlob: (repository, digest) => asking('blob', () => upstream.hasBlob(repository, digest)),
    ping: () => asking('ping', () => upstream.ping()),
  }
}
