import { createLocalJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import { ServiceException } from '../registry/errors.js'
import { type IdentityProviderKeys, IdentityProviderUnavailable } from '../registry/ports/identity-provider-keys.js'
import type { Log } from '../registry/ports/log.js'
import type { Identities } from './identities.js'
import type { OidcProvider } from './oidc-providers.js'
import {
  expiredIdentityToken,
  missingClaim,
  noProvider,
  notAnIdToken,
  noVerificationKey,
  providerUnavailable,
  unverifiableToken,
  wrongAudience,
} from './web-identity-errors.js'

/** The identity that a provider's token shows, once the token is verified. */
export interface WebIdentity {
  readonly provider: OidcProvider
  readonly subject: string
  /** The provider's client id that the token is for. */
  readonly audience: string
  readonly claims: Readonly<Record<string, unknown>>
}

/** The sources for verifying tokens. */
export interface WebIdentityDeps {
  readonly identities: Pick<Identities, 'oidcProvider'>
  readonly identityProviderKeys: IdentityProviderKeys
  readonly log: Log
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']

/**
 * Verifies the token of an OpenID Connect provider of this account: issuer, signature, lifetime and audience. Lifetimes
 * are judged by the machine's time, because the clock of a provider cannot be advanced. Throws InvalidIdentityToken,
 * ExpiredTokenException and IDPCommunicationError.
 */
export async function verifyWebIdentity(
  token: string,
  { account, wall }: { readonly account: string; readonly wall: Date },
  deps: WebIdentityDeps,
): Promise<WebIdentity> {
  const { iss } = unverifiedClaims(token)
  if (!isText(iss)) throw missingClaim('iss')
  const provider = deps.identities.oidcProvider(account, iss)
  if (!provider) throw noProvider(iss)
  const claims = await verifiedClaims(token, provider, wall, deps)
  const { sub, exp, aud } = claims
  if (exp === undefined) throw missingClaim('exp')
  if (aud === undefined) throw missingClaim('aud')
  if (!isText(sub)) throw missingClaim('sub')
  return { provider, subject: sub, audience: audienceOf(claims, provider), claims }
}

/** The library does not check the types of claims that it has no use for. */
const isText = (claim: unknown): claim is string => typeof claim === 'string'

function unverifiedClaims(token: string): JWTPayload {
  try {
    return decodeJwt(token)
  } catch {
    throw notAnIdToken()
  }
}

async function verifiedClaims(
  token: string,
  provider: OidcProvider,
  currentDate: Date,
  { identityProviderKeys, log }: WebIdentityDeps,
): Promise<JWTPayload> {
  try {
    const keys = createLocalJWKSet(await identityProviderKeys.keysOf(provider))
    return (await jwtVerify(token, keys, { algorithms: ALGORITHMS, currentDate })).payload
  } catch (error) {
    if (error instanceof IdentityProviderUnavailable) {
      log.warn({ provider: provider.arn, reason: error.message }, 'the keys of an identity provider cannot be read')
      throw providerUnavailable()
    }
    // What the library and the platform throw for a key that is malformed, or too short to be used.
    if (error instanceof TypeError || error instanceof DOMException) {
      log.warn({ provider: provider.arn, reason: error.message }, 'a key of an identity provider cannot be used')
      throw noVerificationKey()
    }
    throw refusalOf(error, currentDate) ?? error
  }
}

/** The refusal for an error of the library; undefined for any other error. */
function refusalOf(error: unknown, now: Date): ServiceException | undefined {
  if (error instanceof errors.JWTExpired)
    return expiredIdentityToken(Math.floor(now.getTime() / 1000), error.payload.exp ?? 0)
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return noVerificationKey()
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return notAnIdToken()
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return notAnIdToken()
  return error instanceof errors.JOSEError ? unverifiableToken() : undefined
}

/**
 * The client id: `azp` if the token has it, otherwise one of `aud`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
 */
function audienceOf({ aud = [], azp }: JWTPayload, { clientIds }: OidcProvider): string {
  const audiences = typeof azp === 'string' ? [azp] : [aud].flat()
  const audience = audiences.find((candidate) => clientIds.includes(candidate))
  if (audience === undefined) throw wrongAudience()
  return audience
}
