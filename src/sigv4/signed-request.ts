/**
 * An HTTP request as Node's parser returns it. Its strings hold one byte a character, so the exact bytes can be
 * verified.
 */
export interface SignedRequest {
  readonly method: string
  /** The request target as sent: path and query, not decoded. */
  readonly path: string
  /** Names in lower case, as in node's `headers`. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Node's `rawHeaders`, needed to verify a header sent twice: Node joins the values with an extra space. */
  readonly rawHeaders?: readonly string[]
  readonly body: Uint8Array
  /** SHA-256 of the body in lower-case hexadecimal, where it is known already. */
  readonly bodyHash?: string
}

/** The value of a header that must not be repeated; an empty value counts as absent. */
export function header(request: SignedRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
