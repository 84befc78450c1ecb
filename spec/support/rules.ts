import { CreatePullThroughCacheRuleCommand, type CreatePullThroughCacheRuleCommandInput } from '@aws-sdk/client-ecr'
import type { Secrets } from '../../src/registry/ports/secrets.js'

/** The ARN of a secret in `knownSecrets`, with the six-character suffix that AWS appends. */
export const secretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/hub-AbCdEf'

/** The ARN of another secret in `knownSecrets`. */
export const otherSecretArn = secretArn.replace('/hub-', '/other-')

/** A secret source that contains these two secrets. */
export const knownSecrets: Secrets = {
  get: async (arn) => (arn === secretArn || arn === otherSecretArn ? { username: arn, accessToken: 't' } : undefined),
}

/** Creates a rule for ECR Public unless `rule` overrides it. */
export const createRule = (rule: Partial<CreatePullThroughCacheRuleCommandInput> = {}) =>
  new CreatePullThroughCacheRuleCommand({
    ecrRepositoryPrefix: 'ecr-public',
    upstreamRegistryUrl: 'public.ecr.aws',
    ...rule,
  })
