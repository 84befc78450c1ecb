/**
 * An upstream registry that has sent all bytes of a blob. It is known to have them, so its claim that another of its
 * repositories has the blob can be trusted. Removed together with the bytes.
 */
export interface BlobOrigin {
  readonly digest: string
  readonly upstreamRegistryUrl: string
}
