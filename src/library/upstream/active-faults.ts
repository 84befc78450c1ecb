import { UsageError } from '../../config/usage-error.js'
import { type ImageMatcher, imageName } from './image-matcher.js'
import type { Fault } from './upstream-faults.js'
import { requireKind, type RequestKind } from './upstream-server.js'
import type { UpstreamRequest } from './request-log.js'

/** Which requests a fault applies to, and for how long. Without any member: to all, until it is lifted. */
export interface FaultScope {
  /** A repository (`library/nginx`), or one of its images (`library/nginx:latest`, `library/nginx@sha256:…`). */
  readonly image?: string
  readonly kind?: RequestKind
  readonly method?: 'GET' | 'HEAD'
  /** How many requests it applies to before it ends by itself. */
  readonly times?: number
}

/** A fault that is in effect until it is lifted, also by the end of a block: `using outage = upstream.outage()`. */
export interface ActiveFault extends Disposable {
  /** How many requests it has applied to. */
  readonly hits: number
  lift(): void
}

/** The faults of an upstream. */
export interface ActiveFaults {
  /** Throws UsageError if the scope is wrong. */
  add(fault: Fault, scope: FaultScope): ActiveFault
  /** The fault for a request: of those that apply the latest. */
  take(request: UpstreamRequest): Fault | undefined
  lift(): void
}

/** Faults by scope. */
export function activeFaults(isOf: ImageMatcher): ActiveFaults {
  let faults: { readonly fault: Fault; readonly scope: FaultScope; hits: number }[] = []

  const applies = ({ image, kind, method, times = Infinity }: FaultScope, hits: number, request: UpstreamRequest) =>
    hits < times &&
    (image === undefined || isOf(image, request)) &&
    (kind === undefined || kind === request.kind) &&
    (method === undefined || method === request.method)

  return {
    add(fault, scope) {
      requireScope(scope)
      const added = { fault, scope, hits: 0 }
      faults.push(added)
      return activeFault(
        () => (faults = faults.filter((other) => other !== added)),
        () => added.hits,
      )
    },
    take(request) {
      const taken = faults.findLast(({ scope, hits }) => applies(scope, hits, request))
      if (taken) taken.hits++
      return taken?.fault
    },
    lift: () => void (faults = []),
  }
}

/** A fault in the form in which it is lifted. */
export const activeFault = (lift: () => unknown, hits: () => number = () => 0): ActiveFault => ({
  get hits() {
    return hits()
  },
  lift: () => void lift(),
  [Symbol.dispose]: () => void lift(),
})

function requireScope({ image, kind, method, times }: FaultScope): void {
  if (image !== undefined) imageName(image)
  requireKind(kind)
  if (method !== undefined && !['GET', 'HEAD'].includes(method))
    throw new UsageError(`method is GET or HEAD, not ${String(method)}`)
  if (times !== undefined && !(Number.isInteger(times) && times > 0))
    throw new UsageError(`times is a whole number of requests, 1 or more, not ${times}`)
}
