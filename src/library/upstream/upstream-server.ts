import type { IncomingMessage } from 'node:http'
import { UsageError } from '../../config/usage-error.js'
import { type Content, digestOf, mediaTypes } from './upstream-content.js'
import type { Client, Fault, Reply } from './upstream-faults.js'

const REQUEST_KINDS = ['ping', 'manifest', 'blob', 'referrers', 'tags', 'other'] as const

/** What a request is for. */
export type RequestKind = (typeof REQUEST_KINDS)[number]

/** Refuses a kind that no request is of, where types are not checked. Throws UsageError. */
export function requireKind(kind: RequestKind | undefined): void {
  if (kind === undefined || REQUEST_KINDS.includes(kind)) return
  throw new UsageError(`kind is one of ${REQUEST_KINDS.join(', ')}, not ${String(kind)}`)
}

/** A request in the terms of the OCI Distribution API. */
export interface RegistryCall {
  readonly kind: RequestKind
  /** Absent from `ping` and `other`. */
  readonly repository?: string
  /** A tag or a digest. Absent from `tags`. */
  readonly reference?: string
}

const KINDS: Readonly<Record<string, RequestKind>> = { manifests: 'manifest', blobs: 'blob', referrers: 'referrers' }

const ORIGIN = 'http://upstream'

/** What the path of a request names. */
export function callOf({ url = '' }: Pick<IncomingMessage, 'url'>): RegistryCall {
  // Some request targets, such as `//`, are no URL.
  const pathname = URL.canParse(url, ORIGIN) ? new URL(url, ORIGIN).pathname : url
  if (pathname === '/v2/' || pathname === '/v2') return { kind: 'ping' }
  const [, repository, collection = '', reference] =
    /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(pathname) ?? []
  const kind = KINDS[collection]
  if (kind && repository !== undefined && reference !== undefined) return { kind, repository, reference }
  const [, listed] = /^\/v2\/(.+)\/tags\/list$/.exec(pathname) ?? []
  return listed === undefined ? { kind: 'other' } : { kind: 'tags', repository: listed }
}

/** The answer of a registry without faults. */
export function answerTo(request: Pick<IncomingMessage, 'url'>, content: Content): Reply {
  const { kind, repository = '', reference = '' } = callOf(request)
  if (kind === 'ping') return ok('application/json', Buffer.from('{}'))
  if (kind === 'manifest') return manifestReply(content, repository, reference)
  if (kind === 'blob') return blobReply(content, reference)
  if (kind === 'referrers') return referrersReply(content, repository, reference)
  if (kind === 'tags') return tagsReply(content, repository)
  return unknown('NAME_UNKNOWN')
}

function manifestReply({ manifests, tags }: Content, repository: string, reference: string): Reply {
  const digest = tags.get(`${repository} ${reference}`) ?? reference
  const manifest = manifests.get(`${repository} ${digest}`) ?? sha512Of(manifests, repository, digest)
  if (!manifest) return unknown('MANIFEST_UNKNOWN')
  const reply = ok(manifest.mediaType, manifest.bytes)
  return { ...reply, headers: { ...reply.headers, 'docker-content-digest': digest, etag: `"${digest}"` } }
}

const sha512Of = (manifests: Content['manifests'], repository: string, digest: string) =>
  digest.startsWith('sha512:')
    ? [...manifests].find(
        ([key, { bytes }]) => key.startsWith(`${repository} `) && digestOf(bytes, 'sha512') === digest,
      )?.[1]
    : undefined

function blobReply({ blobs }: Content, digest: string): Reply {
  const bytes = blobs.get(digest)
  if (!bytes) return unknown('BLOB_UNKNOWN')
  const reply = ok('application/octet-stream', bytes)
  return { ...reply, headers: { ...reply.headers, 'docker-content-digest': digest }, ranges: true }
}

function referrersReply({ manifests }: Content, repository: string, digest: string): Reply {
  const refers = [...manifests].flatMap(([key, { bytes, mediaType, digest: own }]) => {
    const { subject, artifactType, annotations } = JSON.parse(bytes.toString()) as ReferringManifest
    const isWanted = key === `${repository} ${own}` && subject?.digest === digest
    const described = { ...(artifactType && { artifactType }), ...(annotations && { annotations }) }
    return isWanted ? [{ mediaType, digest: own, size: bytes.length, ...described }] : []
  })
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: refers }
  return ok(mediaTypes.ociIndex, Buffer.from(JSON.stringify(index)))
}

interface ReferringManifest {
  readonly subject?: { readonly digest: string }
  readonly artifactType?: string
  readonly annotations?: object
}

function tagsReply({ tags }: Content, name: string): Reply {
  const own = [...tags.keys()].filter((key) => key.startsWith(`${name} `)).map((key) => key.slice(name.length + 1))
  return ok('application/json', Buffer.from(JSON.stringify({ name, tags: own.sort() })))
}

/** Sends the reply, or what the fault makes of it. */
export async function serve(reply: Reply, parts: Omit<Client, 'sendHead'>, fault?: Fault): Promise<void> {
  const { response } = parts
  response.on('error', () => {})
  const client = { ...parts, sendHead: (head: Reply) => sendHead(parts, head) }
  const final = fault ? await fault(reply, client) : reply
  if (final && !response.destroyed) response.end(client.sendHead(final))
}

function sendHead({ request, response, onHead }: Omit<Client, 'sendHead'>, reply: Reply): Buffer {
  const { status, body, extra } = ranged(request, reply)
  onHead?.(status)
  const { framing = 'length', headers } = reply
  if (framing === 'close') response.removeHeader('transfer-encoding')
  response.writeHead(status, {
    ...(framing === 'length' && { 'content-length': body.length }),
    ...(framing === 'close' && { connection: 'close' }),
    ...extra,
    ...headers,
  })
  response.flushHeaders()
  return request.method === 'HEAD' ? Buffer.alloc(0) : body
}

function ranged({ headers: { range } }: IncomingMessage, { status, body, ranges }: Reply) {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  if (!ranges || status !== 200 || first === undefined) return { status, body, extra: {} }
  const start = Number(first)
  const end = last ? Math.min(Number(last), body.length - 1) : body.length - 1
  if (start > end) return { status: 416, body: Buffer.alloc(0), extra: { 'content-range': `bytes */${body.length}` } }
  const extra = { 'content-range': `bytes ${start}-${end}/${body.length}` }
  return { status: 206, body: body.subarray(start, end + 1), extra }
}

const ok = (type: string, body: Buffer): Reply => ({
  status: 200,
  headers: { 'content-type': type },
  body,
  ranges: false,
})

const unknown = (code: string): Reply => ({
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ errors: [{ code, message: 'unknown' }] })),
  ranges: false,
})
