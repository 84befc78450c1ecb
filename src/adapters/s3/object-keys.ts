import type { Bucket } from './bucket.js'

type Place = Pick<Bucket, 'prefix'>

/** The key of a digest's bytes; undefined for anything that is no sha256 or sha512 digest. */
export function blobKey({ prefix }: Place, digest: string): string | undefined {
  if (!/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest)) return undefined
  return `${prefix}blobs/${digest.replace(':', '/')}`
}

/** The digest whose bytes lie under a key. */
export const digestAt = ({ prefix }: Place, key: string): string =>
  key.slice(`${prefix}blobs/`.length).replace('/', ':')

/** What the keys of an upload session's bytes begin with. Throws for what is no upload id. */
export function uploadPrefix({ prefix }: Place, id: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw new Error(`${id} is no upload id`)
  return `${prefix}uploads/${id}/`
}

/** Padded, so that a listing has the parts of an upload in their order. */
export const partKey = (prefix: string, offset: number): string => `${prefix}${String(offset).padStart(16, '0')}`

const NOTE = /^(?!\.{1,2}(\/|$))[A-Za-z0-9._:+=@-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._:+=@-]+)*$/

/** The key of a note. Throws for what cannot be its name. */
export function noteKey({ prefix }: Place, name: string): string {
  if (!NOTE.test(name)) throw new Error(`${name} is no name of a note`)
  return `${prefix}notes/${name}`
}
