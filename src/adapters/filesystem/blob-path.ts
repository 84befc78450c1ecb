import { join } from 'node:path'

/** Where a digest's bytes lie under the root; undefined for anything that is no sha256 or sha512 digest, paths above all. */
export function blobPath(root: string, digest: string): string | undefined {
  if (!/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest)) return undefined
  const [algorithm = '', hex = ''] = digest.split(':')
  return join(root, 'blobs', algorithm, hex.slice(0, 2), hex)
}
