import { join } from 'node:path'
import { isDigest } from '../../registry/images/manifest.js'

/** The path of a blob under the root; undefined for a text that is not a sha256 or sha512 digest, such as a path. */
export function blobPath(root: string, digest: string): string | undefined {
  if (!isDigest(digest)) return undefined
  const [algorithm = '', hex = ''] = digest.split(':')
  return join(root, 'blobs', algorithm, hex.slice(0, 2), hex)
}
