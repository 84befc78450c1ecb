import { timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { signatureOf, signingKey } from './signature.js'

/**
 * The server that the control plane is compared with: node:http, verification of a signature with a cached signing key,
 * and a constant answer. Started as `node bare-server.js <port> <JSON of answers by operation>`.
 */
const [port = '0', given = '{}'] = process.argv.slice(2)
const answers = JSON.parse(given) as Record<string, string>
const keys = new Map<string, Buffer>()

function keyOf(day: string): Buffer {
  const key = keys.get(day) ?? signingKey(day)
  keys.set(day, key)
  return key
}

createServer((req, res) => {
  if (req.method === 'GET') return void res.end('{}')
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    const { headers } = req
    const [, names = '', given = ''] = /SignedHeaders=([^,]+), Signature=(\w+)/.exec(headers.authorization ?? '') ?? []
    const date = String(headers['x-amz-date'])
    const signed = { headers, names: names.split(';'), body: Buffer.concat(chunks), date }
    const expected = signatureOf(signed, keyOf(date.slice(0, 8)))
    const isGenuine = given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
    const answer = answers[String(headers['x-amz-target']).split('.')[1] ?? ''] ?? '{}'
    res.writeHead(isGenuine ? 200 : 403, {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': Buffer.byteLength(answer),
    })
    res.end(answer)
  })
}).listen(Number(port), '127.0.0.1')
