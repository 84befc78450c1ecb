import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How long requests in progress may take to finish once the process is to stop, in milliseconds. */
const DRAIN_MS = 3000

/** Resolves with the server once it listens; rejects with the system's error if it cannot. */
export function listen(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}

/** Accepts no more connections, lets requests in progress finish within the time limit, and closes the rest. */
export async function drain(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  const bound = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  server.closeIdleConnections()
  await closed
  clearTimeout(bound)
}

/** The port that a server listens on, also if the system chose a free one. */
export const portOf = (server: Server): number => (server.address() as AddressInfo).port
