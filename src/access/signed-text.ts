import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * A signature only a plane that holds the installation's secret can make. `purpose` keeps one use from passing for
 * another; it ends where the line does, so no text can lengthen it.
 */
export const signText = (purpose: string, text: string, secret: string): string =>
  createHmac('sha256', secret).update(`${purpose}\n${text}`).digest('base64url')

/**
 * What a plane signs with under a way to authenticate. Where everybody is taken at their word it is another secret than
 * the installation's own, so that nothing signed then is worth anything once signatures are checked.
 */
export const secretUnder = (auth: 'strict' | 'relaxed', secret: string): string =>
  auth === 'strict' ? secret : signText('relaxed', '', secret)

/** Whether the signature is genuine, compared in constant time. */
export function isSigned(purpose: string, text: string, signature: string, secret: string): boolean {
  const [given, expected] = [Buffer.from(signature), Buffer.from(signText(purpose, text, secret))]
  return given.length === expected.length && timingSafeEqual(given, expected)
}
