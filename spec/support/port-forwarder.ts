import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'

/*
 * A program for a network namespace: `<port> <socket>` on standard input makes it take connections at that port of
 * 127.0.0.1 and pass each on to the Unix socket, which leads out of the namespace. It says `ready`, and every port it listens on.
 */
createInterface({ input: process.stdin }).on('line', (line) => {
  const [port = '', path = ''] = line.split(' ')
  createServer((client) => {
    const onward = connect(path)
    client.pipe(onward).pipe(client)
    client.on('error', () => onward.destroy())
    onward.on('error', () => client.destroy())
  }).listen(Number(port), '127.0.0.1', () => process.stdout.write(`listening on ${port}\n`))
})
process.stdout.write('ready\n')
