/** A layer on its way in, by API parts or by OCI chunks: the same session, two wire forms. */
export interface Upload {
  id: string
  repository: string
  startedAt: number
  /** When the last part came. */
  touchedAt?: number
  /** Bytes received so far. */
  size: number
  /** Parts received so far. */
  parts?: number
  /** True while the part that came last is under 5 MiB: only the last part may be. */
  smallPart?: boolean
  /** True once another part followed a small one: CompleteLayerUpload refuses such an upload. */
  smallPartFollowed?: boolean
}
