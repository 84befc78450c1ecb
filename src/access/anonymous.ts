import { parsePolicy } from '../iam/parse.js'
import type { AttachedPolicy } from '../iam/policy.js'
import type { Principal } from '../registry/principal.js'

const ANONYMOUS = 'anonymous'

/**
 * Who pulls without credentials, where the configuration allows it (`anonymousPull`). In an account of its own it belongs to
 * none, so that, as between accounts, a repository or registry policy must allow it to everybody; in that of a registry the
 * permission to pull is enough.
 */
export const anonymousPrincipal = (account = ANONYMOUS): Principal => ({ arn: ANONYMOUS, account, userId: ANONYMOUS })

/** Whether nobody in particular calls: no ARN that a policy may name is spelled like this. */
export const isAnonymous = ({ arn }: Pick<Principal, 'arn'>): boolean => arn === ANONYMOUS

/** Pulls, what is not cached yet included, and nothing else. */
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
