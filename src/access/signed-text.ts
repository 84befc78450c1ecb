import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Signs a text with the installation's secret. `purpose` is signed too, so that a signature for one use is not valid
 * for another. It ends with a line feed, so no text can extend it.
 */
export const signText = (purpose: string, text: string, secret: string): string =>
  createHmac('sha256', secret).update(`${purpose}\n${text}`).digest('base64url')

/**
 * The secret that a plane signs with. With `relaxed` authentication it differs from the installation's own, so that
 * nothing signed then is valid once the installation runs with `strict`.
 */
export const secretUnder = (auth: 'strict' | 'relaxed', secret: string): string =>
  auth === 'strict' ? secret : signText('relaxed', '', secret)

/** Whether the signature is genuine, compared in constant time. */
export function isSigned(purpose: string, text: string, signature: string, secret: string): boolean {
  const [actual, expected] = [Buffer.from(signature), Buffer.from(signText(purpose, text, secret))]
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}
