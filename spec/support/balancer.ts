import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A plain TCP load balancer: distributes connections round robin and skips servers that do not answer. */
export interface Balancer extends AsyncDisposable {
  readonly port: number
  /** Adds a server to the rotation. */
  add(port: number): void
  /** Removes a server from the rotation; its open connections stay open. */
  remove(port: number): void
}

export async function startBalancer(): Promise<Balancer> {
  const ports: number[] = []
  const open = new Set<Socket>()
  let turn = 0
  const server = createServer({ allowHalfOpen: true }, (client) => {
    track(client, open)
    void connectToOneOf(rotated(ports, turn++), open).then((backend) => {
      if (backend) join(client, backend)
      else client.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    add: (port) => void ports.push(port),
    remove: (port) => void (ports.includes(port) && ports.splice(ports.indexOf(port), 1)),
    async [Symbol.asyncDispose]() {
      open.forEach((socket) => socket.destroy())
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const rotated = (ports: readonly number[], turn: number) =>
  ports.map((_, index) => ports[(index + turn) % ports.length] ?? 0)

async function connectToOneOf(ports: readonly number[], open: Set<Socket>): Promise<Socket | undefined> {
  for (const port of ports) {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    track(socket, open)
    const isConnected = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    if (isConnected) return socket
  }
  return undefined
}

/** Forwards every byte, the end of either side, and a broken connection. */
function join(client: Socket, backend: Socket): void {
  client.pipe(backend).pipe(client)
  client.on('close', () => backend.destroy())
  backend.on('close', () => client.destroy())
}

function track(socket: Socket, open: Set<Socket>): void {
  open.add(socket)
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('close', () => open.delete(socket))
}
