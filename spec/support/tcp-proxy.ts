import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A port that leads to another one, with what happens on the way there. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
}

export interface TcpProxyOptions {
  /** Where the next connection leads. */
  readonly port: () => number
  /** Told of each connection, which it may end. */
  readonly onConnection?: (client: Socket) => unknown
  /** Answers arrive so many bytes at a time, as they may when machines are busy. */
  readonly pieceBytes?: () => number
}

/** Opens a port of 127.0.0.1. */
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
