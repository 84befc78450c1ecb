/**
 * AWS's UriEncode: everything but RFC 3986's unreserved characters, in upper-case hexadecimal.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const percentEncode = (bytes: string) =>
  bytes.replace(/[^A-Za-z0-9\-._~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/** Decodes to bytes without ever throwing: a `%` that starts no escape sequence is left as it is. */
export const percentDecode = (text: string) =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
