import { readFile } from 'node:fs/promises'
import {
  type IdentityProviderKeys,
  IdentityProviderUnavailable,
  type JsonWebKeySet,
} from '../../registry/ports/identity-provider-keys.js'

/**
 * Stands in for the `jwks_uri` of identity providers: reads the key set from the file that the configuration names, for
 * each token, so that keys may be rotated while the emulator runs.
 */
export const configuredJwks: IdentityProviderKeys = {
  async keysOf({ jwksFile }) {
    let keySet: unknown
    try {
      keySet = JSON.parse(await readFile(jwksFile, 'utf8'))
    } catch (error) {
      throw new IdentityProviderUnavailable(`${jwksFile} cannot be read as JSON`, { cause: error })
    }
    if (!isKeySet(keySet)) throw new IdentityProviderUnavailable(`${jwksFile} is not a JSON Web Key Set`)
    return keySet
  },
}

const isKeySet = (value: unknown): value is JsonWebKeySet => {
  const { keys } = Object(value) as { keys?: unknown }
  return Array.isArray(keys) && keys.every((key) => typeof (Object(key) as { kty?: unknown }).kty === 'string')
}
