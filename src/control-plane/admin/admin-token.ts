import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Whether a header carries the token. Hashes are compared, in constant time, so that timing does not even reveal the
 * token's length. https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function isBearer(authorization: string | undefined, token: string): boolean {
  const [, sentToken] = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '') ?? []
  return sentToken !== undefined && timingSafeEqual(hashOf(sentToken), hashOf(token))
}

const hashOf = (text: string) => createHash('sha256').update(text).digest()
