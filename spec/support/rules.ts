import { CreatePullThroughCacheRuleCommand, type CreatePullThroughCacheRuleCommandInput } from '@aws-sdk/client-ecr'
import type { Secrets } from '../../src/registry/ports/secrets.js'

/** A secret that `knownSecret` holds, by an ARN with AWS's six-character suffix. */
export const secretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/hub-AbCdEf'

/** Another one. */
export const otherSecretArn = secretArn.replace('/hub-', '/other-')

/** The two secrets, and no other. */
export const knownSecrets: Secrets = {
  get: async (arn) => (arn === secretArn || arn === otherSecretArn ? { username: arn, accessToken: 't' } : undefined),
}

/** A rule for ECR Public unless the spec says otherwise. */
export const createRule = (rule: Partial<CreatePullThroughCacheRuleCommandInput> = {}) =>
  new CreatePullThroughCacheRuleCommand({
    ecrRepositoryPrefix: 'ecr-public',
    upstreamRegistryUrl: 'public.ecr.aws',
    ...rule,
  })
