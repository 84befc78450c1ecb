import { clockAdvanceClaim } from '../../../../../access/clock-advance.js'
import { authorizationToken } from '../../../../../access/stored-principals.js'
import { TOKEN_LIFETIME_MS } from '../../../../../access/token.js'
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

  async run({ registryIds }, { registry, registryAddress, principal, settings, now, clock, store }) {
    const expiresAt = now.getTime() + TOKEN_LIFETIME_MS
    const life = { expiresAt, ...clockAdvanceClaim(now, clock.wall()) }
    const registries = (registryIds ?? [registry.account]).map((account) => ({ account, region: registry.region }))
    const answers = registries.map(async (granted) => {
      const grant = { principal, registry: granted, ...life }
      return {
        authorizationToken: await authorizationToken(grant, { store, secret: settings.secret }),
        expiresAt: new Date(expiresAt),
        proxyEndpoint: `${registryAddress.scheme}://${hostOfRegistry(registryAddress, granted)}`,
      }
    })
    return { authorizationData: await Promise.all(answers) }
  },
}
