/** The record of an upload, whether its bytes arrive as API parts or as OCI chunks. */
export interface Upload {
  id: string
  repository: string
  startedAt: number
  /** When the last part arrived. */
  touchedAt?: number
  /** Bytes received so far. */
  size: number
  /** Parts received so far. */
  parts?: number
  /** True if the last part is smaller than 5 MiB, which only the final part may be. */
  smallPart?: boolean
  /** True once another part has followed such a small one: then CompleteLayerUpload refuses the upload. */
  smallPartFollowed?: boolean
}
