import { createHash, createHmac } from 'node:crypto'

/** The access key that an emulator without configured accounts accepts. */
const caller = { accessKeyId: 'test', secretAccessKey: 'test', region: 'us-east-1', service: 'ecr' }

/** A call as it is sent, with its headers in the order in which they are signed. */
export interface SignedCall {
  readonly headers: Record<string, string>
  readonly body: string
}

/** The parts that a signature covers. `names` are the signed headers, sorted. */
export interface Signed {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly names: readonly string[]
  readonly body: string | Buffer
  /** `20261123T120000Z` */
  readonly date: string
}

export const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Signs a call of the API. It is valid for five minutes, long enough for a load generator that repeats it. */
export function signedCall(host: string, operation: string, input: object = {}): SignedCall {
  const body = JSON.stringify(input)
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    host,
    'x-amz-date': date,
    'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}`,
  }
  const names = Object.keys(headers)
  const signature = signatureOf({ headers, names, body, date }, signingKey(date.slice(0, 8)))
  const credential = `${caller.accessKeyId}/${scopeOf(date)}`
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return { headers: { ...headers, authorization }, body }
}

/** Computes Signature Version 4 for a `POST /` with this signing key. */
export function signatureOf({ headers, names, body, date }: Signed, key: Buffer): string {
  const canonicalHeaders = names.map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}\n`).join('')
  const canonical = ['POST', '/', '', canonicalHeaders, names.join(';'), sha256(body)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', date, scopeOf(date), sha256(canonical)].join('\n')
  return createHmac('sha256', key).update(toSign).digest('hex')
}

export const signingKey = (day: string) =>
  [day, caller.region, caller.service, 'aws4_request'].reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${caller.secretAccessKey}`),
  )

const scopeOf = (date: string) => `${date.slice(0, 8)}/${caller.region}/${caller.service}/aws4_request`
