import { parsePolicy } from '../iam/parse.js'
import type { AttachedPolicy } from '../iam/policy.js'
import type { Principal } from '../registry/principal.js'

const ANONYMOUS = 'anonymous'

/**
 * The principal of a pull without credentials, where the configuration allows it (`anonymousPull`). By default it
 * belongs to an account of its own, so that a repository or registry policy must allow the pull to everyone, as across
 * accounts. With the account of a registry its own permission to pull is enough.
 */
export const anonymousPrincipal = (account = ANONYMOUS): Principal => ({ arn: ANONYMOUS, account, userId: ANONYMOUS })

/** Whether the caller has shown no credentials. No ARN that a policy can name equals this one. */
export const isAnonymous = ({ arn }: Pick<Principal, 'arn'>): boolean => arn === ANONYMOUS

/** Allows pulls, also of images that are not cached yet, and nothing else. */
export const anonymousPolicies: {
  readonly identity: readonly AttachedPolicy[]
  readonly tags: Readonly<Record<string, string>>
} = {
  identity: [
    {
      name: 'anonymousPull of the configuration',
      policy: parsePolicy(
        {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: [
                ...['ecr:GetAuthorizationToken', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
                ...['ecr:BatchCheckLayerAvailability', 'ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'],
              ],
              Resource: '*',
            },
          ],
        },
        'identity',
      ),
    },
  ],
  tags: {},
}
