/** The public keys with which OpenID Connect identity providers sign their tokens. */
export interface IdentityProviderKeys {
  /** The keys of a provider as they are now. Throws IdentityProviderUnavailable. */
  keysOf(provider: { readonly jwksFile: string }): Promise<JsonWebKeySet>
}

/** https://www.rfc-editor.org/rfc/rfc7517#section-5 */
export interface JsonWebKeySet {
  keys: { kty: string; [member: string]: unknown }[]
}

/** The keys of a provider cannot be read, or are not a key set. */
export class IdentityProviderUnavailable extends Error {
  override readonly name = 'IdentityProviderUnavailable'
}
