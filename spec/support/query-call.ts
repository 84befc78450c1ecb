import aws4 from 'aws4'
import { request } from 'undici'

/** An access key with its secret. */
export interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface QueryCall {
  readonly service: 'sts' | 'iam'
  readonly members: Readonly<Record<string, string>>
  readonly key?: Key
  readonly accept?: string
  /** Whether the call is a presigned URL instead of a form. */
  readonly presigned?: boolean
}

export interface QueryAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export const developer: Key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

/** Calls STS or IAM in the query protocol with a request signed by aws4. */
export async function queryCall(endpoint: string, call: QueryCall): Promise<QueryAnswer> {
  const { service, members, key = developer, accept, presigned = false } = call
  const form = new URLSearchParams(members).toString()
  const { host } = new URL(endpoint)
  const wanted = presigned
    ? { method: 'GET', path: `/?${form}&X-Amz-Expires=60`, signQuery: true, headers: { host } }
    : {
        method: 'POST',
        path: '/',
        body: form,
        headers: { host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      }
  const signed = aws4.sign({ ...wanted, service, region: 'us-east-1' }, key)
  const { statusCode, headers, body } = await request(`${endpoint}${signed.path}`, {
    method: wanted.method as 'GET' | 'POST',
    headers: { ...(signed.headers as Record<string, string>), ...(accept && { accept }) },
    ...('body' in wanted && { body: wanted.body }),
  })
  return { status: statusCode, headers, text: await body.text() }
}
