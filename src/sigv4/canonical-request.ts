import { percentEncode } from './percent-encoding.js'
import { canonicalQuery, type Query } from './query.js'
import type { SignedRequest } from './signed-request.js'

/**
 * The canonical request, the text that is hashed and signed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
 */
export const canonicalRequest = (request: SignedRequest, query: Query, signedHeaders: string[], bodyHash: string) =>
  [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(query),
    canonicalHeaders(request, signedHeaders),
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n')

/** Encodes the path a second time, as every service but S3 does: `%` becomes `%25`. */
function canonicalPath(path: string): string {
  const query = path.indexOf('?')
  const sent = query < 0 ? path : path.slice(0, query)
  const segments: string[] = []
  for (const segment of sent.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(percentEncode(segment))
  }
  return `/${segments.join('/')}${sent.endsWith('/') && segments.length > 0 ? '/' : ''}`
}

/** A header that was signed but did not arrive has an empty value. */
function canonicalHeaders(request: SignedRequest, signedHeaders: string[]): string {
  const values = new Map<string, string[]>(signedHeaders.map((name) => [name, []]))
  const sent = request.rawHeaders ?? Object.entries(request.headers).flatMap(([name, value]) => [name, String(value)])
  for (let i = 0; i + 1 < sent.length; i += 2) {
    values.get(String(sent[i]).toLowerCase())?.push(folded(String(sent[i + 1])))
  }
  return signedHeaders.map((name) => `${name}:${values.get(name)?.join(',')}\n`).join('')
}

const folded = (value: string) => (FOLDABLE.test(value) ? value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '') : value)

/** Most values have nothing to fold, which one test finds faster than two replacements. */
const FOLDABLE = /\t| {2}|^ | $/
