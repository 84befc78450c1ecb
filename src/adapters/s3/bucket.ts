import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { REMOVAL_MS } from '../../registry/ports/blob-store.js'
import { causeOf, factsOf } from './response-mapping.js'

/** The bucket and the key prefix of an installation. */
export interface Bucket {
  readonly client: S3Client
  readonly name: string
  /** The prefix of every key: empty, or ending with a slash. */
  readonly prefix: string
  readonly tuning: Tuning
}

/** Timeouts and retries, and the sizes from which storing or copying an object takes several requests. */
export interface Tuning {
  readonly connectMs: number
  /**
   * The timeout for a connection without traffic. S3 sends spaces while it assembles a large object, so this need not
   * be long.
   */
  readonly idleMs: number
  /** The maximum number of attempts, including the first. The SDK increases the delay between them. */
  readonly attempts: number
  /**
   * The time limit for all attempts to remove a blob together, which the sweep guarantees to waiting processes
   * (`BlobStore.remove`).
   */
  readonly removalMs: number
  /**
   * The largest object that one request stores, and the size of the parts of larger ones: S3 accepts 10,000 parts of at
   * least 5 MiB.
   */
  readonly partBytes: number
  /**
   * The largest object that one request copies: 5 GB.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
   */
  readonly copyBytes: number
}

const MiB = 1024 * 1024

/**
 * The default settings. One request to S3 is given up within a minute, however it fails; the parts allow for layers of
 * up to 78 GiB.
 */
export const defaultTuning: Tuning = {
  connectMs: 3000,
  idleMs: 15_000,
  attempts: 3,
  removalMs: REMOVAL_MS,
  partBytes: 8 * MiB,
  copyBytes: 5 * 1024 * MiB,
}

/**
 * The maximum number of connections. Each client to which this process sends a blob uses one; with the SDK's default of
 * 50, slow clients would block all others.
 */
const MAX_SOCKETS = 512

/**
 * Opens `s3://bucket/prefix` with the SDK's own settings (AWS_ENDPOINT_URL_S3, AWS_REGION, credentials, profiles) and
 * lists one object to check them. Throws errors of one line each, to be shown to the user.
 */
export async function openBucket(url: string, tuning: Tuning): Promise<Bucket> {
  const [, name, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(url) ?? []
  if (name === undefined || !/^[A-Za-z0-9._/-]*$/.test(path))
    throw new Error(`${url} is not a location of blobs: it must be s3://bucket or s3://bucket/prefix`)
  const segments = path.split('/').filter((segment) => segment !== '')
  const endpoint = await configuredEndpoint()
  const client = clientOf(tuning, endpoint !== undefined)
  const bucket = { client, name, prefix: segments.map((segment) => `${segment}/`).join(''), tuning }
  await client
    .send(new ListObjectsV2Command({ Bucket: name, Prefix: bucket.prefix, MaxKeys: 1 }))
    .catch((error: unknown) => {
      client.destroy()
      // The SDK's error is not the `cause`, because it contains the whole request.
      throw new Error(`Blobs cannot be stored in ${url}: ${remedy(error, name, endpoint)}`)
    })
  return bucket
}

/**
 * Creates the client. AWS's buckets have host names of their own; those of a custom endpoint usually have no DNS
 * entries and need path-style requests.
 */
function clientOf({ connectMs, idleMs, attempts }: Tuning, forcePathStyle: boolean): S3Client {
  return new S3Client({
    forcePathStyle,
    followRegionRedirects: false,
    maxAttempts: attempts,
    // Lengths are checked when bytes are read; the SDK's check would hash every layer that is sent once more.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: idleMs,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  })
}

/** The endpoint in AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile, as the SDK reads it. */
async function configuredEndpoint(): Promise<string | undefined> {
  const client = new S3Client({})
  try {
    return await client.config.serviceConfiguredEndpoint?.()
  } finally {
    client.destroy()
  }
}

/** A description of the failure and of its remedy. */
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
    return `${where} does not accept the credentials (${name}). Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`
  if (status === 403)
    return `${where} refuses to list it (${name}). Allow s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject in it.`
  return `${where} gave no usable answer (${causeOf(error)}). Correct AWS_ENDPOINT_URL_S3, or start the object store.`
}
