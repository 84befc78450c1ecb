import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Whether a header carries the token, compared in constant time: what is compared are hashes, so that not even the length
 * shows. https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function isBearer(authorization: string | undefined, token: string): boolean {
  const [, given] = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '') ?? []
  return given !== undefined && timingSafeEqual(hashOf(given), hashOf(token))
}

const hashOf = (text: string) => createHash('sha256').update(text).digest()
