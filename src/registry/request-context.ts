/** What is known of a request besides who makes it and what it wants: IAM's request context. */
export interface RequestContext {
  /** The key under which its decisions can be explained. */
  readonly requestId: string
  /** The emulator's time when it arrived, epoch milliseconds. */
  readonly at: number
  readonly sourceIp: string
  readonly userAgent: string
  /** Whether it came over TLS. */
  readonly isSecure: boolean
  /** Whether the client used the host name of a FIPS endpoint. */
  readonly isFips: boolean
}
