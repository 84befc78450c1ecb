import leven from 'leven'
import { withWildcards } from '../iam/matcher.js'
import type { Policy } from '../iam/policy.js'
import { wildcard } from '../iam/wildcard.js'

/**
 * Every action of Amazon ECR that policies may name, those that this emulator does not have included.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
 */
const ECR_ACTIONS = [
  ...['BatchCheckLayerAvailability', 'BatchDeleteImage', 'BatchGetImage', 'BatchGetRepositoryScanningConfiguration'],
  ...['BatchImportUpstreamImage', 'CompleteLayerUpload', 'CreatePullThroughCacheRule', 'CreateRepository'],
  ...[
    'CreateRepositoryCreationTemplate',
    'DeleteLifecyclePolicy',
    'DeletePullThroughCacheRule',
    'DeleteRegistryPolicy',
  ],
  ...['DeleteRepository', 'DeleteRepositoryCreationTemplate', 'DeleteRepositoryPolicy', 'DeleteSigningConfiguration'],
  ...['DeregisterPullTimeUpdateExclusion', 'DescribeImageReplicationStatus', 'DescribeImageScanFindings'],
  ...['DescribeImageSigningStatus', 'DescribeImages', 'DescribeReplicationBackfillResults', 'ListReplicationBackfills'],
  ...['StartReplicationBackfill', 'StopReplicationBackfill', 'DescribePullThroughCacheRules', 'DescribeRegistry'],
  ...['DescribeRepositories', 'DescribeRepositoryCreationTemplates', 'GetAccountSetting', 'GetAuthorizationToken'],
  ...['GetDownloadUrlForLayer', 'GetImageCopyStatus', 'GetLifecyclePolicy', 'GetLifecyclePolicyPreview'],
  ...['GetRegistryPolicy', 'GetRegistryScanningConfiguration', 'GetRepositoryPolicy', 'GetSigningConfiguration'],
  ...['InitiateLayerUpload', 'ListImageReferrers', 'ListImages', 'ListPullTimeUpdateExclusions', 'ListTagsForResource'],
  ...['PutAccountSetting', 'PutImage', 'PutImageScanningConfiguration', 'PutImageTagMutability', 'PutLifecyclePolicy'],
  ...[
    'PutRegistryPolicy',
    'PutRegistryScanningConfiguration',
    'PutReplicationConfiguration',
    'PutSigningConfiguration',
  ],
  ...['RegisterPullTimeUpdateExclusion', 'ReplicateImage', 'SetRepositoryPolicy', 'StartImageScan'],
  ...['StartLifecyclePolicyPreview', 'TagResource', 'UntagResource', 'UpdateImageStorageClass'],
  ...['UpdatePullThroughCacheRule', 'UpdateRepositoryCreationTemplate', 'UploadLayerPart'],
  ...['ValidatePullThroughCacheRule'],
].map((name) => `ecr:${name}`)

/**
 * What is odd about the actions that a policy names: IAM takes any, so one that is misspelled allows and denies nothing.
 * A sentence for each action of ECR that ECR does not have.
 */
export function unknownActions({ statements }: Pick<Policy, 'statements'>): string[] {
  const written = new Set(statements.flatMap(({ actions }) => actions.written))
  return [...written].filter(isUnknown).map((action) => `Amazon ECR has no action ${action}${suggestion(action)}`)
}

function isUnknown(action: string): boolean {
  if (!/^ecr:/i.test(action)) return false
  const matches = wildcard(withWildcards(action.toLowerCase()))
  return !ECR_ACTIONS.some((known) => matches(known.toLowerCase()))
}

/** How many letters may be wrong of a name that is meant. */
const MOST_DIFFERENT = 4

function suggestion(action: string): string {
  if (action.length > LONGEST) return ''
  const differences = ECR_ACTIONS.map((known) => [leven(action.toLowerCase(), known.toLowerCase()), known] as const)
  const [nearest] = differences.sort(([a], [b]) => a - b)
  return nearest && nearest[0] <= MOST_DIFFERENT ? `; the nearest is ${nearest[1]}` : ''
}

/** Comparing takes time by the length, and longer names are near to none. */
const LONGEST = 64
