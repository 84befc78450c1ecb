import { randomUUID } from 'node:crypto'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { s3BlobStore } from '../../src/adapters/s3/blob-store.js'
import type { Tuning } from '../../src/adapters/s3/bucket.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import type { BlobStore } from '../../src/registry/ports/blob-store.js'
import { type S3Server, type S3ServerOptions, startS3Server } from './s3-server.js'

/** Short timeouts for an S3 that does not answer. */
export const impatient: Partial<Tuning> = { connectMs: 500, idleMs: 300, attempts: 2 }

/** The usual AWS environment for the S3 server for specs. A spec that sets it keeps it until its file ends. */
export const environmentOf = ({ url }: Pick<S3Server, 'url'>) => ({
  ...{ AWS_ENDPOINT_URL_S3: url, AWS_REGION: 'us-east-1' },
  ...{ AWS_ACCESS_KEY_ID: 'AKIDS3', AWS_SECRET_ACCESS_KEY: 's3-secret' },
  // No AWS profile of a developer takes effect.
  ...{ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true' },
})

/** An S3 server, and stores on it as on several machines, each with its own spool. */
export async function s3WithStores(options: S3ServerOptions = {}) {
  const server = await startS3Server(options)
  Object.assign(process.env, environmentOf(server))
  const prefix = randomUUID()
  const url = `s3://images/${prefix}`
  return {
    ...{ server, url, prefix },
    store: (tuning: Partial<Tuning> = impatient): Promise<BlobStore> =>
      s3BlobStore({ url, spool: memoryBlobStore(), ids: randomIds, tuning }),
    [Symbol.asyncDispose]: () => server.close(),
  }
}
