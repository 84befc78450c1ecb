import { issueToken, TOKEN_LIFETIME_MS } from '../../../access/token.js'
import { registryHost } from '../../../registry/registry.js'
import type { Operation } from '../operation.js'
import { wholeRegistry } from '../resources.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html */
export const getAuthorizationToken: Operation<'GetAuthorizationToken'> = {
  resources: wholeRegistry,

  async run({ registryIds }, { registry, principal, settings, now }) {
    const expiresAt = now.getTime() + TOKEN_LIFETIME_MS
    const authorizationData = (registryIds ?? [registry.account]).map((account) => {
      const granted = { account, region: registry.region }
      const password = issueToken({ principal, registry: granted, expiresAt }, settings.secret)
      return {
        authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
        expiresAt: new Date(expiresAt),
        proxyEndpoint: `http://${registryHost(settings.registryHost, granted)}`,
      }
    })
    return { authorizationData }
  },
}
