import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that can refuse connections, and accept them again on the same port. */
export interface RefusingServer {
  readonly port: number
  /** Stops listening, and closes the connections. */
  refuse(): void
  /** Listens again. */
  accept(): void
  close(): Promise<void>
}

/** Starts a server on a free port of loopback. */
export async function refusingServer(listener: RequestListener): Promise<RefusingServer> {
  const server = createServer(listener)
  let isClosed = false
  const listen = (port: number) => server.listen(port, '127.0.0.1')
  listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const refuse = () => {
    server.close()
    server.closeAllConnections()
  }
  return {
    port,
    refuse,
    accept: () => void (isClosed || server.listening || listen(port)),
    async close() {
      isClosed = true
      if (!server.listening) return
      const closed = once(server, 'close')
      refuse()
      await closed
    },
  }
}
