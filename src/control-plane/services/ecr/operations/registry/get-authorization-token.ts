import { clockAdvanceClaim } from '../../../../../access/clock-advance.js'
import { authorizationToken, TOKEN_LIFETIME_MS } from '../../../../../access/token.js'
import { hostOfRegistry } from '../../../../../registry/registry-address.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 *
 * @exact A password for the user AWS that is valid for 12 hours, for each registry that is named.
 * @inferred A token is decided in the caller's own account, whatever registries it is requested for.
 * @notModelled proxyEndpoint is the address of this registry by the name and scheme that the caller has used.
 */
export const getAuthorizationToken: Operation<'GetAuthorizationToken'> = {
  resources: wholeRegistry,

  async run({ registryIds }, { registry, registryAddress, principal, settings, now, clock }) {
    const expiresAt = now.getTime() + TOKEN_LIFETIME_MS
    const life = { expiresAt, ...clockAdvanceClaim(now, clock.wall()) }
    const authorizationData = (registryIds ?? [registry.account]).map((account) => {
      const granted = { account, region: registry.region }
      return {
        authorizationToken: authorizationToken({ principal, registry: granted, ...life }, settings.secret),
        expiresAt: new Date(expiresAt),
        proxyEndpoint: `${registryAddress.scheme}://${hostOfRegistry(registryAddress, granted)}`,
      }
    })
    return { authorizationData }
  },
}
