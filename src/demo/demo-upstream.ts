import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Content, DemoImage } from './demo-image.js'

/** The demo's stand-in for a public registry: a few images, and a list of the requests it received. */
export interface DemoUpstream {
  readonly endpoint: string
  /** Puts an image under a tag, or moves the tag to it. */
  publish(tag: string, image: DemoImage): void
  /** Returns the requests since the last call. */
  takeRequests(): string[]
  /** Whether each blob of an image was sent at least once. */
  hasServed(image: DemoImage): boolean
  close(): Promise<void>
}

/** Starts the smallest registry that can be pulled from, without a login, on a free loopback port. */
export async function startUpstream(repository: string): Promise<DemoUpstream> {
  const contents = new Map<string, Content>()
  const served = new Set<string>()
  let requests: string[] = []

  const server = createServer(({ method = '', url = '' }, response) => {
    const [, kind, reference = ''] = new RegExp(`^/v2/${repository}/(manifests|blobs)/(.+)$`).exec(url) ?? []
    if (kind) requests.push(`${method} ${kind === 'blobs' ? 'blob' : 'manifest'}`)
    const content = contents.get(reference)
    answer(response, method, content)
    if (content && method === 'GET') response.once('finish', () => served.add(content.digest))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publish(tag, { index, manifests, blobs }) {
      for (const content of [index, ...manifests, ...blobs]) contents.set(content.digest, content)
      contents.set(tag, index)
    },
    takeRequests() {
      const recent = requests
      requests = []
      return recent
    },
    hasServed: ({ manifests, blobs }) => [...manifests, ...blobs].every(({ digest }) => served.has(digest)),
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function answer(response: ServerResponse, method: string, content: Content | undefined): void {
  if (!content) return void response.writeHead(404).end()
  const { digest, mediaType, bytes } = content
  response.writeHead(200, {
    'content-type': mediaType,
    'content-length': bytes.length,
    'docker-content-digest': digest,
  })
  response.end(method === 'HEAD' ? undefined : bytes)
}
