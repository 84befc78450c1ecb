import type { Upstream, Upstreams } from '../../registry/ports/upstream.js'
import type { HttpUpstreamsOptions } from './http-upstreams.js'

/**
 * The HTTP client of `upstream.ts`, loaded when an upstream is first asked something: loading it takes as long as
 * everything else the start does, and most starts are followed by pulls of what is cached.
 */
export function lateHttpUpstreams(options: HttpUpstreamsOptions): Upstreams {
  let loaded: Promise<Upstreams> | undefined
  const load = () => (loaded ??= import('./http-upstreams.js').then(({ httpUpstreams }) => httpUpstreams(options)))

  return {
    of(host, account, credentials): Upstream {
      const upstream = async () => (await load()).of(host, account, credentials)
      return {
        resolve: async (repository, tag) => (await upstream()).resolve(repository, tag),
        manifest: async (repository, reference) => (await upstream()).manifest(repository, reference),
        blob: async (...asked) => (await upstream()).blob(...asked),
        referrers: async (...asked) => (await upstream()).referrers(...asked),
        hasBlob: async (repository, digest) => (await upstream()).hasBlob(repository, digest),
        ping: async () => (await upstream()).ping(),
      }
    },
    close: async () => (await loaded)?.close(),
  }
}
