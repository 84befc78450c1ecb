import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { REMOVAL_MS } from '../../registry/ports/blob-store.js'
import { causeOf, factsOf } from './response-mapping.js'

/** Where in which bucket everything of one installation lies. */
export interface Bucket {
  readonly client: S3Client
  readonly name: string
  /** What every key begins with: empty, or ending with a slash. */
  readonly prefix: string
  readonly tuning: Tuning
}

/** How long to wait for S3, and from what size on it takes several requests to store or to copy an object. */
export interface Tuning {
  readonly connectMs: number
  /** Without a byte either way. S3 sends spaces while it puts a large object together, so this need not be long. */
  readonly idleMs: number
  /** The first one included; the SDK waits longer from one to the next. */
  readonly attempts: number
  /** All attempts to remove a blob together: the sweep's promise to those who wait for it (`BlobStore.remove`). */
  readonly removalMs: number
  /** The largest object one request stores, and the size of the parts of larger ones: S3 takes 10,000, of 5 MiB at least. */
  readonly partBytes: number
  /**
   * The largest object one request copies.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html: 5 GB
   */
  readonly copyBytes: number
}

const MiB = 1024 * 1024

/** Bounded so that one request to S3 is given up within a minute, however it fails; parts for layers of up to 78 GiB. */
export const usual: Tuning = {
  connectMs: 3000,
  idleMs: 15_000,
  attempts: 3,
  removalMs: REMOVAL_MS,
  partBytes: 8 * MiB,
  copyBytes: 5 * 1024 * MiB,
}

/** Each client that is sent a blob through us holds one; the SDK's own bound of 50 would let slow ones stop all others. */
const MAX_SOCKETS = 512

/**
 * Opens `s3://bucket/prefix` with the SDK's own settings (AWS_ENDPOINT_URL_S3, AWS_REGION, credentials, profiles) and lists
 * one object to see that they are right. Throws plain errors of one line each, made to be shown to the operator.
 */
export async function openBucket(url: string, tuning: Tuning): Promise<Bucket> {
  const [, name, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(url) ?? []
  if (name === undefined || !/^[A-Za-z0-9._/-]*$/.test(path))
    throw new Error(`${url} does not say where blobs are: s3://bucket or s3://bucket/prefix would`)
  const segments = path.split('/').filter((segment) => segment !== '')
  const endpoint = await configuredEndpoint()
  const client = clientOf(tuning, endpoint !== undefined)
  const bucket = { client, name, prefix: segments.map((segment) => `${segment}/`).join(''), tuning }
  await client
    .send(new ListObjectsV2Command({ Bucket: name, Prefix: bucket.prefix, MaxKeys: 1 }))
    .catch((error: unknown) => {
      client.destroy()
      // Without the SDK's error, which holds the whole request.
      throw new Error(`Blobs cannot be kept in ${url}: ${remedy(error, name, endpoint)}`)
    })
  return bucket
}

/** Buckets of AWS have host names of their own; those of a custom endpoint are usually not in the DNS. */
function clientOf({ connectMs, idleMs, attempts }: Tuning, forcePathStyle: boolean): S3Client {
  return new S3Client({
    forcePathStyle,
    followRegionRedirects: false,
    maxAttempts: attempts,
    // Lengths are checked where bytes are read; the SDK's own check would hash every layer that is sent once more.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: idleMs,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  })
}

/** What AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile say: only the SDK looks there. */
async function configuredEndpoint(): Promise<string | undefined> {
  const client = new S3Client({})
  try {
    return await client.config.serviceConfiguredEndpoint?.()
  } finally {
    client.destroy()
  }
}

/** What is wrong, and what would be right. */
function remedy(error: unknown, bucket: string, endpoint: string | undefined): string {
  const { name, status, message, region } = factsOf(error)
  const where = endpoint ?? 'AWS'
  if (name === 'NoSuchBucket' || status === 404)
    return `there is no bucket ${bucket} at ${where}. Create it, or name another one.`
  if (/region is missing/i.test(message)) return 'no Region is set. Set AWS_REGION to the one the bucket is in.'
  if (region || status === 301 || name === 'AuthorizationHeaderMalformed')
    return `the bucket is in another Region. Set AWS_REGION to ${region ?? 'the one it is in'}.`
  if (name === 'CredentialsProviderError')
    return 'no credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.'
  if (name === 'InvalidAccessKeyId' || name === 'SignatureDoesNotMatch')
    return `${where} does not take the credentials (${name}). Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`
  if (status === 403)
    return `${where} refuses to list it (${name}). Allow s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject in it.`
  return `${where} gave no usable answer (${causeOf(error)}). Correct AWS_ENDPOINT_URL_S3, or start what should answer there.`
}
