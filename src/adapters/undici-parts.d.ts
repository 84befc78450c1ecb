/**
 * The parts of undici that send requests, imported by themselves. The whole of it also has fetch, web sockets, caches
 * and mocks: 100 ms of CPU and 15 MB to load instead of 20 ms and 4 MB, and it makes its own agent the one of Node's
 * `fetch`. undici publishes types of the whole only.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici'
  export default Agent
}

declare module 'undici/lib/core/connect.js' {
  import { buildConnector } from 'undici'
  export default buildConnector
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici'
  /** Sends a request by the dispatcher that it is called on. */
  const request: (this: Dispatcher, options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>
  export default request
}
