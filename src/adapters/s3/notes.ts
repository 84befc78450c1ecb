import { PutObjectCommand } from '@aws-sdk/client-s3'
import type { Notes } from '../../registry/ports/blob-store.js'
import { orUnavailable } from './response-mapping.js'
import type { Bucket } from './bucket.js'
import { noteKey } from './object-keys.js'
import { wholeOf } from './object-reads.js'
import { remove } from './bucket-maintenance.js'
import { objectsUnder } from './upload-parts.js'

/** Stores notes as objects under `notes`. */
export const bucketNotes = (bucket: Bucket): Notes => ({
  get: async (name) => (await wholeOf(bucket, noteKey(bucket, name)))?.toString(),
  async put(name, text) {
    const note = {
      Bucket: bucket.name,
      Key: noteKey(bucket, name),
      Body: text,
      ContentType: 'text/plain; charset=utf-8',
    }
    await orUnavailable(bucket.client.send(new PutObjectCommand(note)))
  },
  remove: (name) => remove(bucket, noteKey(bucket, name)),
  async *list(under) {
    const start = noteKey(bucket, under).length - under.length
    for await (const { key } of objectsUnder(bucket, `${noteKey(bucket, under)}/`)) yield key.slice(start)
  },
})
