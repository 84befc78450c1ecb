import { percentEncode } from './percent-encoding.js'
import { canonicalQuery, type Query } from './query.js'
import type { SignedRequest } from './signed-request.js'

/**
 * The canonical request, the text that is hashed and signed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
 */
export function canonicalRequest(
  request: SignedRequest,
  query: Query,
  signedHeaders: readonly string[],
  bodyHash: string,
): string {
  const target = `${request.method}\n${canonicalPath(request.path)}\n${canonicalQuery(query)}`
  return `${target}\n${canonicalHeaders(request, signedHeaders)}\n${signedHeaders.join(';')}\n${bodyHash}`
}

/** Encodes the path a second time, as every service but S3 does: `%` becomes `%25`. */
function canonicalPath(path: string): string {
  if (path === '/') return path
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
function canonicalHeaders(request: SignedRequest, signedHeaders: readonly string[]): string {
  const values = new Map<string, string | undefined>()
  for (const name of signedHeaders) values.set(name, undefined)
  const sent = request.rawHeaders ?? Object.entries(request.headers).flatMap(([name, value]) => [name, String(value)])
  for (let i = 0; i + 1 < sent.length; i += 2) {
    const name = String(sent[i]).toLowerCase()
    if (!values.has(name)) continue
    const [before, value] = [values.get(name), folded(String(sent[i + 1]))]
    values.set(name, before === undefined ? value : `${before},${value}`)
  }
  let lines = ''
  for (const [name, value = ''] of values) lines += `${name}:${value}\n`
  return lines
}

const folded = (value: string) => (FOLDABLE.test(value) ? value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '') : value)

/** Most values have nothing to fold, which one test finds faster than two replacements. */
const FOLDABLE = /\t| {2}|^ | $/
