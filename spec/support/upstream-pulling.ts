import { httpUpstreams, type HttpUpstreamsOptions } from '../../src/adapters/upstream/http-upstreams.js'
import type { Upstream, UpstreamCredentials, Upstreams } from '../../src/registry/ports/upstream.js'
import type { FaultyUpstream } from './faulty-upstream.js'

/** The real client, connected to a faulty upstream under the name `registry.example`. */
export interface Pulling extends AsyncDisposable {
  upstreams: Upstreams
  registry: Upstream
  /** The delays between tries in milliseconds; they are recorded instead of waited for. */
  waits: number[]
  /** Moves the client's clock. */
  advance(milliseconds: number): void
}

export interface PullingOptions extends Partial<HttpUpstreamsOptions> {
  credentials?: UpstreamCredentials
  /** The address of the upstream, if it differs from `url`. */
  endpoint?: string
}

/** The account of the registry that pulls, unless a spec uses another one. */
export const pullingAccount = '111122223333'

export function pullingFrom(upstream: Pick<FaultyUpstream, 'url'>, options: PullingOptions = {}): Pulling {
  const { credentials, endpoint = upstream.url, endpoints, ...others } = options
  const waits: number[] = []
  let now = Date.parse('2026-11-23T12:00:00Z')
  const upstreams = httpUpstreams({
    endpoints: { 'registry.example': { endpoint }, ...endpoints },
    clock: { wall: () => new Date(now) },
    wait: async (milliseconds) => void waits.push(milliseconds),
    ...others,
  })
  return {
    upstreams,
    registry: upstreams.of('registry.example', pullingAccount, credentials),
    waits,
    advance: (milliseconds) => void (now += milliseconds),
    [Symbol.asyncDispose]: () => upstreams.close(),
  }
}
