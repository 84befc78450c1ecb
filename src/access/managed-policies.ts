import { parsePolicy } from '../iam/parse.js'
import type { Policy } from '../iam/policy.js'

/** An AWS managed policy, which identities refer to by name or ARN. */
export interface ManagedPolicy {
  readonly name: string
  readonly arn: string
  readonly document: object
  readonly policy: Policy
}

const pulling = ['ecr:GetAuthorizationToken', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']

const pushing = ['ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage']

const reading = [
  ...pulling,
  ...['ecr:BatchCheckLayerAvailability', 'ecr:GetRepositoryPolicy', 'ecr:DescribeRepositories', 'ecr:ListImages'],
  ...['ecr:DescribeImages', 'ecr:GetLifecyclePolicy', 'ecr:GetLifecyclePolicyPreview', 'ecr:ListTagsForResource'],
  'ecr:DescribeImageScanFindings',
]

const importing = [
  ...[...pulling, ...pushing],
  ...['ecr:BatchCheckLayerAvailability', 'ecr:BatchImportUpstreamImage', 'ecr:GetImageCopyStatus'],
]

const allow = (Action: string[], more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more })
const inOwnAccount = { Condition: { StringEquals: { 'aws:ResourceAccount': '${aws:PrincipalAccount}' } } }

function managed(path: string, name: string, ...Statement: object[]): ManagedPolicy {
  const document = { Version: '2012-10-17', Statement }
  return { name, arn: `arn:aws:iam::aws:policy${path}${name}`, document, policy: parsePolicy(document, 'identity') }
}

/**
 * The AWS managed policies for ECR, with their published contents.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/security-iam-awsmanpol.html
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEC2ContainerRegistryPullOnly.html
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-pullthroughcache.html
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-replication.html
 */
export const managedPolicies = {
  fullAccess: managed(
    '/',
    'AmazonEC2ContainerRegistryFullAccess',
    allow(['ecr:*', 'cloudtrail:LookupEvents']),
    allow(['iam:CreateServiceLinkedRole'], {
      Condition: { StringEquals: { 'iam:AWSServiceName': ['replication.ecr.amazonaws.com'] } },
    }),
  ),
  powerUser: managed('/', 'AmazonEC2ContainerRegistryPowerUser', allow([...reading, ...pushing])),
  readOnly: managed('/', 'AmazonEC2ContainerRegistryReadOnly', allow(reading)),
  pullOnly: managed('/', 'AmazonEC2ContainerRegistryPullOnly', allow([...pulling, 'ecr:BatchImportUpstreamImage'])),
  pullThroughCache: managed(
    '/aws-service-role/',
    'AWSECRPullThroughCache_ServiceRolePolicy',
    { Sid: 'ECR', ...allow(importing, inOwnAccount) },
    {
      Sid: 'SecretsManager',
      ...allow(['secretsmanager:GetSecretValue'], {
        Resource: 'arn:aws:secretsmanager:*:*:secret:ecr-pullthroughcache/*',
        ...inOwnAccount,
      }),
    },
  ),
  replication: managed(
    '/aws-service-role/',
    'ECRReplicationServiceRolePolicy',
    allow(['ecr:CreateRepository', 'ecr:ReplicateImage']),
  ),
} satisfies Readonly<Record<string, ManagedPolicy>>

const byNameOrArn: ReadonlyMap<string, ManagedPolicy> = new Map(
  Object.values(managedPolicies).flatMap((policy) => [
    [policy.name, policy],
    [policy.arn, policy],
  ]),
)

/** The managed policy of this name or ARN; undefined for one that is not about ECR. */
export const managedPolicy = (nameOrArn: string): ManagedPolicy | undefined => byNameOrArn.get(nameOrArn)
