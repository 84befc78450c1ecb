import { Agent, request } from 'node:http'
import { seededBytes } from '../spec/support/upstream-content.js'
import { makeImageOf } from './content.js'

/**
 * Pushes an image like docker: for every blob HEAD, POST, PATCH with its bytes and PUT, the config and all layers in
 * parallel, then the manifest. Started as `node push-client.js <registry URL> <repository> <authorization> <tag> <bytes
 * of each layer>…`; prints the milliseconds.
 */
const [url = '', repository = '', authorization = '', tag = '', ...sizes] = process.argv.slice(2)
const login = authorization === '' ? {} : { authorization }
const agent = new Agent({ keepAlive: true })

const layers = sizes.map((size, index) => seededBytes(Number(size), `${tag} ${index}`))
const { image, blobs } = makeImageOf(layers, tag)

interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
}

/** Sends a request; returns its Location. Throws unless the status is the expected one. */
function send(method: string, to: URL, expected: number, { headers = {}, body }: Sent = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const length = method === 'HEAD' ? {} : { 'content-length': body?.length ?? 0 }
    const sent = request(to, { method, agent, headers: { ...login, ...length, ...headers } }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === expected) resolve(response.headers.location ?? '')
        else reject(new Error(`${method} ${to.href}: ${String(response.statusCode)}`))
      })
    })
    sent.once('error', reject).end(body)
  })
}

async function pushBlob({ digest, bytes }: { digest: string; bytes: Buffer }): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream' }
  await send('HEAD', new URL(`/v2/${repository}/blobs/${digest}`, url), 404)
  const session = await send('POST', new URL(`/v2/${repository}/blobs/uploads/`, url), 202)
  const next = await send('PATCH', new URL(session, url), 202, { headers, body: bytes })
  const last = new URL(next, url)
  last.searchParams.set('digest', digest)
  await send('PUT', last, 201)
}

const begun = performance.now()
await Promise.all(blobs.map(pushBlob))
const manifest = { headers: { 'content-type': image.mediaType }, body: image.bytes }
await send('PUT', new URL(`/v2/${repository}/manifests/${tag}`, url), 201, manifest)
process.stdout.write(String(performance.now() - begun))
agent.destroy()
