import type { IncomingMessage } from 'node:http'
import { DOWNLOAD_PATH } from '../access/download-url.js'
import { clockPlace, readToDecide, readToTouch } from '../access/read-first.js'
import type { Grant } from '../access/token.js'
import { keyOf, type RecordPlace, type Records } from '../registry/ports/store.js'
import { registryOf } from './resolve.js'

interface Asked {
  readonly req: Pick<IncomingMessage, 'method' | 'headers'>
  readonly path: string
  readonly grant: Grant | undefined
}

/**
 * The records a request will read, told from its path and its token: the store is asked for all of them at once, and then
 * for what depends on them. Nothing is decided here: a token may be over and a path lead nowhere, a record that is not
 * foreseen is read when its turn comes, as are those of a layer URL: whoever asks names them, until its signature is looked at.
 */
export function* foresee({ req, path, grant }: Asked): Generator<RecordPlace, void> {
  yield clockPlace
  if (!grant) return
  const registry = registryOf(req.headers.host, grant.registry)
  const [, repository, kind = '', reference = ''] = NAMED.exec(plain(path)) ?? []
  yield* readToDecide(registry, repository === undefined ? [] : [repository])
  if (repository === undefined) return

  const collection = reference.includes(':') ? byDigest[kind] : byName[kind]
  if (collection === 'layers' && req.method === 'HEAD') yield* readToTouch([reference])
  if (collection === 'uploads') yield { registry, collection, key: reference }
  else if (collection) yield { registry, collection, key: keyOf(repository, reference) }
}

/**
 * Whether a request pulls what never changes. It goes on while the store is away, by what this process knows: what was
 * allowed stays allowed, what was there is there. A tag may have moved.
 */
export const isPullByDigest = ({ req: { method }, path }: Pick<Asked, 'req' | 'path'>): boolean =>
  (method === 'GET' || method === 'HEAD') && (path === DOWNLOAD_PATH || BY_DIGEST.test(path))

const BY_DIGEST = /\/(?:manifests|blobs)\/[^/]+(?::|%3a)[^/]+$/i

/** Repository, kind of thing, and the reference; the last segments decide, as they do for the routes. */
const NAMED = /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs|tags|referrers)\/([^/]*)$/
const byDigest: Partial<Record<string, keyof Records>> = { manifests: 'images', referrers: 'images', blobs: 'layers' }
const byName: Partial<Record<string, keyof Records>> = { manifests: 'tags', 'blobs/uploads': 'uploads' }

/** Clients may encode what need not be; a path that cannot be decoded leads nowhere. */
function plain(path: string): string {
  try {
    return path.includes('%') ? decodeURIComponent(path) : path
  } catch {
    return ''
  }
}
