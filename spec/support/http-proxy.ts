import { createServer, request, type Server } from 'node:http'
import { connect } from 'node:net'

/**
 * An HTTP proxy (RFC 9110, section 9.3.6, and RFC 9112, section 3.2.2) for programs without a network connection, such
 * as npm in a container.
 */
export function httpProxy(): Server {
  const server = createServer((asked, answer) => {
    const { method, headers } = asked
    const onward = request(asked.url ?? '', { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers)
      answered.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  return server.on('connect', ({ url = '' }, client, head) => {
    const { hostname, port } = new URL(`http://${url}`)
    const onward = connect(Number(port || 443), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.write(head)
      client.pipe(onward).pipe(client)
    })
    client.on('error', () => onward.destroy())
    onward.on('error', () => client.destroy())
  })
}
