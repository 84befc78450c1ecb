/** IAM's request context: what condition keys need to know about a request besides its principal and its action. */
export interface RequestContext {
  /** The id under which the decisions on the request can be explained. */
  readonly requestId: string
  /** When the request arrived, in epoch milliseconds by the emulator's clock. */
  readonly at: number
  readonly sourceIp: string
  readonly userAgent: string
  /** Whether it came over TLS. */
  readonly isSecure: boolean
  /** Whether the client used the host name of a FIPS endpoint. */
  readonly isFips: boolean
}
