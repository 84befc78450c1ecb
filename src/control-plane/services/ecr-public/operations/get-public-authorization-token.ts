import { isAllowed } from '../../../../access/authorize.js'
import { clockAdvanceClaim } from '../../../../access/clock-advance.js'
import { authorizationToken } from '../../../../access/stored-principals.js'
import { TOKEN_LIFETIME_MS } from '../../../../access/token.js'
import { ServiceException } from '../../../../registry/errors.js'
import type { PublicOperation } from '../ecr-public-operation.js'

/** https://docs.aws.amazon.com/general/latest/gr/ecr-public.html */
const REGIONS: ReadonlySet<string> = new Set(['us-east-1', 'us-west-2'])

/**
 * A password for `docker login public.ecr.aws`. It is the password that this emulator's own registry accepts, for
 * machines on which the public name leads here, if the caller may log in to that registry too; the real
 * public.ecr.aws refuses it.
 * https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html
 * @exact The answer, which is one object and not a list, and both permissions with `sts:AWSServiceName`.
 * @inferred The refusal in other Regions, where the service has no endpoint.
 * @notModelled A public registry: the token is good for this emulator's private registries, if the caller has
 * ecr:GetAuthorizationToken.
 */
export const getPublicAuthorizationToken: PublicOperation = {
  permissions: [
    { action: 'ecr-public:GetAuthorizationToken', conditions: {} },
    {
      action: 'sts:GetServiceBearerToken',
      conditions: {
        'sts:AWSServiceName': 'ecr-public.amazonaws.com',
        'sts:DurationSeconds': String(TOKEN_LIFETIME_MS / 1000),
      },
    },
  ],

  async run({ registry, principal, request, authorize, settings, now, clock, store }) {
    if (!REGIONS.has(registry.region))
      throw new ServiceException('UnsupportedCommandException', "The action isn't supported in this Region.")
    const expiresAt = now.getTime() + TOKEN_LIFETIME_MS
    const life = { expiresAt, ...clockAdvanceClaim(now, clock.wall()) }
    const login = { principal, registry, request, action: 'ecr:GetAuthorizationToken', resources: ['*'] } as const
    const use = !(await isAllowed(authorize, login)) && { isForPublic: true }
    const grant = { principal, registry, ...life, ...use }
    return {
      authorizationData: {
        authorizationToken: await authorizationToken(grant, { store, secret: settings.secret }),
        expiresAt: new Date(expiresAt),
      },
    }
  },
}
