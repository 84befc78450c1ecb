/**
 * An upstream registry that has sent all bytes of a blob. It has them, so it may be believed when it says that another of its
 * repositories has the blob, too. Removed with the bytes.
 */
export interface BlobOrigin {
  readonly digest: string
  readonly upstreamRegistryUrl: string
}
