import type { Bucket } from './bucket.js'
import { isDigest } from '../../registry/images/manifest.js'

type KeyPrefix = Pick<Bucket, 'prefix'>

/** The key of a blob; undefined for a text that is not a sha256 or sha512 digest. */
export function blobKey({ prefix }: KeyPrefix, digest: string): string | undefined {
  if (!isDigest(digest)) return undefined
  return `${prefix}blobs/${digest.replace(':', '/')}`
}

/** The digest of the blob under a key. */
export const digestAt = ({ prefix }: KeyPrefix, key: string): string =>
  key.slice(`${prefix}blobs/`.length).replace('/', ':')

/** The prefix of the keys of an upload session's parts. Throws if the text is not an upload id. */
export function uploadPrefix({ prefix }: KeyPrefix, id: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw new Error(`${id} is not an upload id`)
  return `${prefix}uploads/${id}/`
}

/** The key of a part, padded so that a listing returns the parts in order. */
export const partKey = (prefix: string, offset: number): string => `${prefix}${String(offset).padStart(16, '0')}`

const NOTE = /^(?!\.{1,2}(\/|$))[A-Za-z0-9._:+=@-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._:+=@-]+)*$/

/** The key of a note. Throws if the name is not valid. */
export function noteKey({ prefix }: KeyPrefix, name: string): string {
  if (!NOTE.test(name)) throw new Error(`${name} is not a valid name of a note`)
  return `${prefix}notes/${name}`
}
