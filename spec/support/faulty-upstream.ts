import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Content, noContent } from '../../src/library/upstream/upstream-content.js'
import { answerTo, serve } from '../../src/library/upstream/upstream-server.js'
import {
  type AddedImage,
  type AddedIndex,
  digestOf,
  type ImageOptions,
  makeImage,
  makeIndex,
  type Manifest,
  manifestOf,
  seededBytes,
} from './upstream-content.js'
import type { Fault } from './upstream-faults.js'
import { type BasicLogin, gate, type TokenLogin } from './upstream-login.js'

export interface RecordedRequest {
  method: string
  /** Includes the query. */
  path: string
  headers: IncomingHttpHeaders
  at: Date
}

/** Selects requests by a part of `GET /v2/app/blobs/sha256:…` (including the query) or by a pattern. */
export type Which = string | RegExp

export interface FaultyUpstreamOptions {
  /** By default, no login is required. */
  login?: TokenLogin | BasicLogin
  /** Serves the content of another server, as object storage behind a redirect or a mirror does. */
  mirrorOf?: FaultyUpstream
}

/**
 * An OCI registry in memory on a free port of 127.0.0.1 that records its requests and fails as the spec demands:
 *
 *     await using upstream = await faultyUpstream()
 *     const image = upstream.addImage('app', { tag: 'latest', layerSize: 100_000 })
 *     const lift = upstream.fault('GET /v2/app/blobs/', truncate(50_000), { times: 1 })
 *     …
 *     expect(upstream.count('GET /v2/app/blobs/')).toBe(3)
 */
export interface FaultyUpstream extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** The same server under another name, which makes it another host for the client. */
  readonly localhostUrl: string
  readonly content: Content
  /** All requests received so far, including refused and unanswered ones. */
  readonly requests: RecordedRequest[]
  count(which: Which): number
  /**
   * Resolves when this many matching requests have arrived, including earlier ones. Never sleep to wait for a request.
   */
  asked(which: Which, times?: number): Promise<void>
  /** The number of open connections. */
  connections(): Promise<number>
  /** Adds a blob with these bytes or with seeded bytes of this size, and returns its digest. */
  addBlob(blob: Buffer | number, seed?: string): string
  addImage(repository: string, options?: ImageOptions): AddedImage
  addIndex(repository: string, images: AddedImage[], options?: { tag?: string; docker?: boolean }): AddedIndex
  /** Adds a manifest with exactly these bytes. */
  addManifest(repository: string, bytes: Buffer, mediaType: string): Manifest
  tag(repository: string, tag: string, digest: string): void
  /** Removes a tag or a manifest. */
  remove(repository: string, reference: string): void
  /** Makes matching requests fail, `times` times or until the fault is lifted; the latest matching fault applies. */
  fault(which: Which, fault: Fault, options?: { times?: number }): () => void
  /** Lets stalled answers continue. */
  release(): void
  /** Lifts every fault and lets stalled answers continue. */
  heal(): void
  expireTokens(): void
  close(): Promise<void>
}

interface ActiveFault {
  which: Which
  fault: Fault
  left: number
}

export async function faultyUpstream(options: FaultyUpstreamOptions = {}): Promise<FaultyUpstream> {
  const content = options.mirrorOf?.content ?? noContent()
  const requests: RecordedRequest[] = []
  const waiting = new Set<() => void>()
  let faults: ActiveFault[] = []
  let held = hold()
  const login = gate(options.login, () => url)

  const faultOf = (line: string) => {
    const active = faults.findLast(({ which, left }) => left > 0 && matches(which, line))
    if (active) active.left--
    return active?.fault
  }
  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request
    requests.push({ method, path, headers, at: new Date() })
    waiting.forEach((check) => check())
    const reply = login.answer(request) ?? answerTo(request, content)
    const [fault, { released }] = [faultOf(`${method} ${path}`), held]
    void serve(reply, { request, response }, fault && ((whole, client) => fault(whole, { ...client, released })))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  const count = (which: Which) => requests.filter(({ method, path }) => matches(which, `${method} ${path}`)).length
  const release = () => {
    held.release()
    held = hold()
  }
  const close = async () => {
    release()
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  return {
    url,
    localhostUrl: `http://localhost:${port}`,
    requests,
    count,
    ...pushing(content),
    asked: (which, times = 1) =>
      new Promise((resolve) => {
        const check = () => {
          if (count(which) < times) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
    connections: () =>
      new Promise((resolve, reject) => server.getConnections((error, open) => (error ? reject(error) : resolve(open)))),
    fault: (which, fault, { times = Infinity } = {}) => {
      const active = { which, fault, left: times }
      faults.push(active)
      return () => void (faults = faults.filter((other) => other !== active))
    },
    release,
    heal: () => {
      faults = []
      release()
    },
    expireTokens: () => login.expireTokens(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

type Pushing = Pick<FaultyUpstream, 'content' | 'addBlob' | 'addImage' | 'addIndex' | 'addManifest' | 'tag' | 'remove'>

function pushing(content: Content): Pushing {
  const { blobs, manifests, tags } = content
  const keep = <T extends Manifest>(repository: string, manifest: T, tag?: string) => {
    manifests.set(`${repository} ${manifest.digest}`, manifest)
    if (tag !== undefined) tags.set(`${repository} ${tag}`, manifest.digest)
    return manifest
  }
  const addBlob = (blob: Buffer | number, seed?: string) => {
    const bytes = typeof blob === 'number' ? seededBytes(blob, seed) : blob
    blobs.set(digestOf(bytes), bytes)
    blobs.set(digestOf(bytes, 'sha512'), bytes)
    return digestOf(bytes)
  }
  return {
    content,
    addBlob,
    addImage: (repository, options = {}) => {
      const { image, blobs: parts } = makeImage(options)
      parts.forEach((part) => addBlob(part))
      return keep(repository, image, options.tag)
    },
    addIndex: (repository, images, { tag, docker } = {}) => keep(repository, makeIndex(images, docker), tag),
    addManifest: (repository, bytes, mediaType) => keep(repository, manifestOf(bytes, mediaType)),
    tag: (repository, tag, digest) => void tags.set(`${repository} ${tag}`, digest),
    remove: (repository, reference) => {
      tags.delete(`${repository} ${reference}`)
      manifests.delete(`${repository} ${reference}`)
    },
  }
}

function hold() {
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  return { released, release }
}

const matches = (which: Which, line: string) => (typeof which === 'string' ? line.includes(which) : which.test(line))
