import { isSigned, signText } from './signed-text.js'

/**
 * Signs claims with the installation's secret. `purpose` is signed too, so that a token for one use is not valid for
 * another.
 */
export function signClaims(purpose: string, claims: object, secret: string): string {
  const text = Buffer.from(JSON.stringify(claims)).toString('base64url')
  return `${text}.${signText(purpose, text, secret)}`
}

/** The claims of a genuine text, of any shape; undefined for a forged one. */
export function readClaims(purpose: string, signed: string, secret: string): unknown {
  const [text = '', signature = '', ...rest] = signed.split('.')
  if (rest.length > 0 || !isSigned(purpose, text, signature, secret)) return undefined
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
}
