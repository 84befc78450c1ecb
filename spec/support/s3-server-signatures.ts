import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { S3Error } from './s3-server-answers.js'

/** The accepted access key and the Region it signs for. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}

/**
 * Checks Signature Version 4 in the header or in the query as S3 does: the path is encoded once, and the body's hash is
 * taken from the header. Throws S3Error. See
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export function checkSignature(request: IncomingMessage, body: Buffer, keys: Keys): void {
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const parameters = new URLSearchParams(query)
  const claim = parameters.has('X-Amz-Signature') ? inQuery(parameters) : inHeader(request)
  const [accessKeyId, day = '', region = '', service = '', terminator = ''] = claim.credential.split('/')
  if (accessKeyId !== keys.accessKeyId) throw new S3Error(403, 'InvalidAccessKeyId')
  if (region !== keys.region) throw new S3Error(400, 'AuthorizationHeaderMalformed', keys.region)
  const payload = claim.payload ?? 'UNSIGNED-PAYLOAD'
  if (/^[0-9a-f]{64}$/.test(payload) && payload !== sha256(body)) throw new S3Error(400, 'XAmzContentSHA256Mismatch')
  const headers = claim.signedHeaders.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`).join('')
  const canonical = [request.method, path, canonicalQuery(parameters), headers, claim.signedHeaders.join(';'), payload]
  const scope = `${day}/${region}/${service}/${terminator}`
  const toSign = ['AWS4-HMAC-SHA256', claim.date, scope, sha256(canonical.join('\n'))].join('\n')
  const key = [day, region, service, terminator].reduce<Buffer>(hmac, Buffer.from(`AWS4${keys.secretAccessKey}`))
  if (hmac(key, toSign).toString('hex') !== claim.signature) throw new S3Error(403, 'SignatureDoesNotMatch')
  checkTime(claim.date, claim.expires)
}

interface Claim {
  readonly credential: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly date: string
  readonly payload?: string
  readonly expires?: number
}

function inHeader({ headers }: IncomingMessage): Claim {
  const pattern = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
  const [, credential, names, signature] = pattern.exec(headers.authorization ?? '') ?? []
  const [payload, date] = [headers['x-amz-content-sha256'], headers['x-amz-date']]
  if (!credential || !names || !signature || typeof payload !== 'string' || typeof date !== 'string')
    throw new S3Error(403, 'AccessDenied')
  return { credential, signedHeaders: names.split(';'), signature, date, payload }
}

function inQuery(parameters: URLSearchParams): Claim {
  const value = (name: string) => parameters.get(`X-Amz-${name}`) ?? ''
  return {
    ...{ credential: value('Credential'), signedHeaders: value('SignedHeaders').split(';') },
    ...{ signature: value('Signature'), date: value('Date'), expires: Number(value('Expires')) },
  }
}

/** A header may be off by fifteen minutes in either direction; a URL is valid for the time it states. */
function checkTime(date: string, expires: number | undefined) {
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const age = (Date.now() - Date.parse(iso)) / 1000
  if (!(age > -900)) throw new S3Error(403, 'RequestTimeTooSkewed')
  if (expires !== undefined && !(age <= expires)) throw new S3Error(403, 'AccessDenied')
  if (expires === undefined && age > 900) throw new S3Error(403, 'RequestTimeTooSkewed')
}

const canonicalQuery = (parameters: URLSearchParams) =>
  [...parameters]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()
