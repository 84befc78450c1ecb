import { connect, createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/*
 * A program for a network namespace that connects its ports to Unix sockets outside it. Each line of standard input is
 * an order, repeated on standard output once it is carried out: `in <socket> <address> <port>` forwards connections
 * from a port to the socket, and `out <socket> <port>` forwards connections from the socket to a port of 127.0.0.1.
 */
createInterface({ input: process.stdin }).on('line', (line) => {
  const [direction, socket = '', ...rest] = line.split(' ')
  const done = () => void process.stdout.write(`${line}\n`)
  if (direction === 'in') joined(() => connect(socket)).listen(Number(rest[1]), rest[0], done)
  else joined(() => connect(Number(rest[0]), '127.0.0.1')).listen(socket, done)
})
process.stdout.write('ready\n')

function joined(onwardTo: () => Socket): Server {
  return createServer((client) => {
    const onward = onwardTo()
    client.pipe(onward).pipe(client)
    client.on('error', () => onward.destroy())
    onward.on('error', () => client.destroy())
  })
}
