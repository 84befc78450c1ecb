import aws4 from 'aws4'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import type { VerificationRules } from '../../src/sigv4/verify.js'

export const accessKeyId = 'AKIAIOSFODNN7EXAMPLE'
export const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
export const target = 'AmazonEC2ContainerRegistry_V20150921.DescribeRepositories'
/** SHA-256 digests in hexadecimal. */
export const hashOf = {
  nothing: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  emptyObject: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
}
export const now = new Date('2026-11-23T12:00:00Z')

/** The verification rules of the control plane: service ecr, five minutes of clock skew, one known access key. */
export const ecr: VerificationRules = {
  secretOf: (id) => (id === accessKeyId ? secretAccessKey : undefined),
  service: 'ecr',
  now,
}

export interface Wanted {
  method?: string
  path?: string
  body?: string | Buffer
  headers?: Record<string, string>
  service?: string
  region?: string
  keyId?: string
  secret?: string
  signedAt?: string
  signQuery?: boolean
  extraHeadersToIgnore?: Record<string, boolean>
}

/**
 * A DescribeRepositories request as Node's parser returns it, signed by aws4, an implementation that shares no code
 * with ours.
 */
export function signed(wanted: Wanted = {}) {
  const { keyId = accessKeyId, secret = secretAccessKey, signedAt = '20261123T120000Z', ...request } = wanted
  const { method = 'POST', path = '/', body = '{}', service = 'ecr', region = 'us-east-1', headers, ...rest } = request
  const dated = rest.signQuery
    ? { path: `${path}${path.includes('?') ? '&' : '?'}X-Amz-Date=${signedAt}` }
    : { path, headers: { 'X-Amz-Date': signedAt } }
  const result = aws4.sign(
    {
      ...{ method, service, region, body, ...rest, ...dated },
      headers: {
        Host: 'api.ecr.us-east-1.localhost:4510',
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': target,
        ...dated.headers,
        ...headers,
      },
    },
    { accessKeyId: keyId, secretAccessKey: secret },
  )
  return asReceived(method, String(result.path), result.headers as Record<string, string>, body)
}

/** A request as Node's HTTP parser returns it: lower-case names beside the raw headers, values as bytes in latin1. */
export function asReceived(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | Buffer,
): SignedRequest {
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [
    name,
    Buffer.from(String(value)).toString('latin1'),
  ])
  return withRawHeaders({ method, path, headers: {}, body: Buffer.from(body as string) }, rawHeaders)
}

/** The same request with other headers. */
export function withRawHeaders(request: SignedRequest, rawHeaders: readonly string[]): SignedRequest {
  const headers: Record<string, string> = {}
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = String(rawHeaders[i]).toLowerCase()
    const value = String(rawHeaders[i + 1]).trim()
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return { ...request, headers, rawHeaders }
}

/** The same request with one header replaced or added, or removed if there is no value. */
export function withHeader(request: SignedRequest, name: string, value?: string): SignedRequest {
  const others: string[] = []
  const sent = request.rawHeaders ?? []
  for (let i = 0; i < sent.length; i += 2) {
    if (String(sent[i]).toLowerCase() !== name) others.push(String(sent[i]), String(sent[i + 1]))
  }
  return withRawHeaders(request, value === undefined ? others : [...others, name, value])
}

/** The same request with its Authorization header changed. */
export const withAuthorization = (request: SignedRequest, change: (authorization: string) => string) =>
  withHeader(request, 'authorization', change(String(request.headers.authorization)))
