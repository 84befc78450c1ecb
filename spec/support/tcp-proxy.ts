import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A port that forwards connections to another port. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
}

export interface TcpProxyOptions {
  /** The destination port of the next connection. */
  readonly port: () => number
  /** Called with each connection, which it may close. */
  readonly onConnection?: (client: Socket) => unknown
  /** The number of bytes per piece in which answers arrive, to simulate busy machines. */
  readonly pieceBytes?: () => number
}

/** Opens the proxy on a port of 127.0.0.1. */
export async function tcpProxy({
  port,
  onConnection,
  pieceBytes = () => Infinity,
}: TcpProxyOptions): Promise<TcpProxy> {
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const backend = connect(port(), '127.0.0.1')
    for (const socket of [client.setNoDelay(), backend]) {
      open.add(socket)
      socket.on('error', () => {}).on('close', () => (client.destroy(), backend.destroy(), open.delete(socket)))
    }
    client.pipe(backend)
    let delivered = Promise.resolve()
    backend.on('data', (answer: Buffer) => {
      delivered = delivered.then(() => deliver(client, answer, pieceBytes()))
    })
    onConnection?.(client)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      open.forEach((socket) => socket.destroy())
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function deliver(client: Socket, answer: Buffer, pieceBytes: number): Promise<void> {
  for (let at = 0; at < answer.length; at += pieceBytes) {
    client.write(answer.subarray(at, at + pieceBytes))
    if (at + pieceBytes < answer.length) await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
