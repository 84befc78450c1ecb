import leven from 'leven'
import { withWildcards } from '../iam/matcher.js'
import type { Policy } from '../iam/policy.js'
import { wildcard } from '../iam/wildcard.js'

/**
 * Every action of Amazon ECR that policies may name, including those that this emulator does not implement.
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
 * A warning for each action in a policy that starts with `ecr:` and that ECR does not have. IAM accepts any action, so
 * a misspelled one has no effect and goes unnoticed.
 */
export function unknownActions({ statements }: Pick<Policy, 'statements'>): string[] {
  const written = new Set(statements.flatMap(({ actions }) => actions.written))
  return [...written].filter(isUnknown).map((action) => `Amazon ECR has no action ${action}${suggestion(action)}`)
}

function isUnknown(action: string): boolean {
  if (!/^ecr:/i.test(action)) return false
  const matches = wildcard(withWildcards(action.toLowerCase()))
  return !ECR_ACTIONS.some((name) => matches(name.toLowerCase()))
}

/** The greatest edit distance at which an action is suggested. */
const MOST_DIFFERENT = 4

function suggestion(action: string): string {
  if (action.length > LONGEST) return ''
  const differences = ECR_ACTIONS.map((name) => [leven(action.toLowerCase(), name.toLowerCase()), name] as const)
  const [nearest] = differences.sort(([a], [b]) => a - b)
  return nearest && nearest[0] <= MOST_DIFFERENT ? `; the nearest is ${nearest[1]}` : ''
}

/** Longer names are not compared: none is similar, and the cost grows with the length. */
const LONGEST = 64
