import { createHash } from 'node:crypto'
import type { Store } from '../registry/ports/store.js'
import type { Principal } from '../registry/principal.js'
import { installation } from '../registry/registry.js'
import { isPrincipal } from './claimed-principal.js'
import { lastWallTime } from './clock-advance.js'
import { isSigned, signText } from './signed-text.js'
import { type Grant, issueToken } from './token.js'

/**
 * The longest password in bytes. Docker on Windows stores passwords byte for byte in Windows' credential store, which
 * takes 2,560 bytes and answers "The stub received bad data." to a longer one. The rest is left for programs that store
 * something beside it.
 * https://github.com/danieljoos/wincred/issues/18 https://github.com/aws/containers-roadmap/issues/1589
 */
export const MAX_PASSWORD_BYTES = 2400

/** A principal is stored for this much longer than it has to be, so that its next logins need no write. */
const STORED_LONGER_MS = 60 * 60 * 1000

/** The store of principals, and the installation's secret that signs them. */
export interface StoredPrincipalsDeps {
  readonly store: Pick<Store, 'principals'>
  readonly secret: string
}

/**
 * User name and password as GetAuthorizationToken returns them, encoded as clients send them in the Authorization
 * header. A token is self-contained unless that would be too long: then it names its principal, which is stored.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html
 */
export async function authorizationToken(grant: Grant, deps: StoredPrincipalsDeps): Promise<string> {
  const token = issueToken(grant, deps.secret)
  const password = token.length <= MAX_PASSWORD_BYTES ? token : await tokenByReference(grant, deps)
  return Buffer.from(`AWS:${password}`).toString('base64')
}

/**
 * The principal with this id; undefined if it is not stored any more. The id is its signature, so that a record that
 * was changed is not accepted.
 */
export async function storedPrincipal(
  id: string,
  { store, secret }: StoredPrincipalsDeps,
): Promise<Principal | undefined> {
  const record = await store.principals.get(installation, hashOf(id))
  if (!record || !isSigned(PURPOSE, record.text, id, secret)) return undefined
  const principal: unknown = JSON.parse(record.text)
  return isPrincipal(principal) ? principal : undefined
}

/** What the signature of a principal is for. */
const PURPOSE = 'principal'

/** Ids are signatures, so they cannot be guessed, and a session has one id however often it logs in. */
async function tokenByReference({ principal, ...terms }: Grant, deps: StoredPrincipalsDeps): Promise<string> {
  const text = JSON.stringify(principal)
  const principalId = signText(PURPOSE, text, deps.secret)
  const neededUntil = lastWallTime(terms, terms.expiresAt)
  const { principals } = deps.store
  const idHash = hashOf(principalId)
  const record = await principals.get(installation, idHash)
  if (!record || record.keptUntil < neededUntil)
    await principals.put(installation, idHash, { idHash, text, keptUntil: neededUntil + STORED_LONGER_MS })
  return issueToken({ ...terms, principalId }, deps.secret)
}

/** The store has only hashes, so a copy of it does not contain the ids. */
const hashOf = (id: string) => createHash('sha256').update(id).digest('hex')
