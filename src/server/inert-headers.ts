/**
 * Headers of every answer in which a client may have stored something: manifests, layers, names that a message repeats.
 * With them a browser neither renders nor runs it, and no page of another origin embeds it. It matters because the
 * console is of the same origin.
 * https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
 */
export const inertHeaders = {
  'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const

/** Headers of what is also secret: it may be neither framed nor cached. There are no CORS headers. */
export const protectiveHeaders = {
  ...inertHeaders,
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const
