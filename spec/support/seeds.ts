import type { Seed } from '../../src/seed/seed.js'
import { account, region } from './emulator.js'

export const repositoryName = 'team/app'
const statement = { Effect: 'Allow', Principal: { AWS: '111122223333' } }
export const pullPolicy = { Version: '2012-10-17', Statement: [{ ...statement, Action: 'ecr:BatchGetImage' }] }
/** A lifecycle policy that differs by its number of days. */
export const expiry = (countNumber: number) => ({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber },
      action: { type: 'expire' },
    },
  ],
})
export const rule = { ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }
export const registryPolicy = {
  Version: '2012-10-17',
  Statement: [
    {
      ...statement,
      Sid: 'copies',
      Action: 'ecr:ReplicateImage',
      Resource: `arn:aws:ecr:${region}:${account}:repository/*`,
    },
  ],
}

/** Everything that a seed can hold, except images. */
export const whole = {
  registryId: account,
  accountSettings: [{ name: 'BLOB_MOUNTING', value: 'DISABLED' }],
  registryPolicy,
  registryScanningConfiguration: {
    scanType: 'BASIC',
    rules: [{ scanFrequency: 'SCAN_ON_PUSH', repositoryFilters: [{ filter: 'team/*', filterType: 'WILDCARD' }] }],
  },
  signingConfiguration: {
    rules: [{ signingProfileArn: `arn:aws:signer:${region}:${account}:/signing-profiles/team` }],
  },
  pullTimeUpdateExclusions: [`arn:aws:iam::${account}:role/scanner`],
  repositoryCreationTemplates: [
    { prefix: 'ecr-public', appliedFor: ['PULL_THROUGH_CACHE'], lifecyclePolicy: expiry(7), description: 'caches' },
  ],
  pullThroughCacheRules: [rule],
  repositories: [
    {
      repositoryName,
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'dev-*' }],
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'alias/team' },
      tags: [{ Key: 'team', Value: 'web' }],
      policyText: pullPolicy,
      lifecyclePolicyText: JSON.stringify(expiry(14), null, 2),
    },
  ],
  replicationConfiguration: { rules: [{ destinations: [{ region: 'eu-west-1', registryId: account }] }] },
} satisfies Seed
