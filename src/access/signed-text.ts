import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * A signature only a plane that holds the installation's secret can make. `purpose` keeps one use from passing for
 * another; it ends where the line does, so no text can lengthen it.
 */
export const signText = (purpose: string, text: string, secret: string): string =>
  createHmac('sha256', secret).update(`${purpose}\n${text}`).digest('base64url')

/** Whether the signature is genuine, compared in constant time. */
export function isSigned(purpose: string, text: string, signature: string, secret: string): boolean {
  const [given, expected] = [Buffer.from(signature), Buffer.from(signText(purpose, text, secret))]
  return given.length === expected.length && timingSafeEqual(given, expected)
}
