import { describe, expect, it } from 'vitest'
import { managedPolicies, managedPolicy } from '../../src/access/managed-policies.js'
import { evaluate } from '../../src/iam/evaluate.js'

const account = '111122223333'
const repository = `arn:aws:ecr:us-east-1:${account}:repository/team/web`

/** Whether the managed policy on its own allows the action to a principal of the account. */
function allows(
  name: string,
  action: string,
  { resource = repository, resourceAccount = account }: { resource?: string; resourceAccount?: string } = {},
  conditions: Record<string, string> = {},
): boolean {
  const { policy } = managedPolicy(name)!
  const principal = { arn: `arn:aws:iam::${account}:user/dev`, account }
  const values = { 'aws:principalaccount': account, 'aws:resourceaccount': resourceAccount, ...conditions }
  const question = { principal, action, resource, resourceAccount: account, conditions: values }
  return evaluate(question, { identity: [{ name, policy }], resource: [] }).allowed
}

const full = 'AmazonEC2ContainerRegistryFullAccess'
const power = 'AmazonEC2ContainerRegistryPowerUser'
const readOnly = 'AmazonEC2ContainerRegistryReadOnly'
const pullOnly = 'AmazonEC2ContainerRegistryPullOnly'
const serviceRole = 'AWSECRPullThroughCache_ServiceRolePolicy'
const all = [full, power, readOnly, pullOnly, serviceRole]

describe('Managed policies', () => {
  it.each([
    ['ecr:GetAuthorizationToken', all],
    ['ecr:BatchGetImage', all],
    ['ecr:GetDownloadUrlForLayer', all],
    ['ecr:BatchCheckLayerAvailability', [full, power, readOnly, serviceRole]],
    ['ecr:GetRepositoryPolicy', [full, power, readOnly]],
    ['ecr:DescribeRepositories', [full, power, readOnly]],
    ['ecr:ListImages', [full, power, readOnly]],
    ['ecr:DescribeImages', [full, power, readOnly]],
    ['ecr:GetLifecyclePolicy', [full, power, readOnly]],
    ['ecr:GetLifecyclePolicyPreview', [full, power, readOnly]],
    ['ecr:ListTagsForResource', [full, power, readOnly]],
    ['ecr:DescribeImageScanFindings', [full, power, readOnly]],
    ['ecr:InitiateLayerUpload', [full, power, serviceRole]],
    ['ecr:UploadLayerPart', [full, power, serviceRole]],
    ['ecr:CompleteLayerUpload', [full, power, serviceRole]],
    ['ecr:PutImage', [full, power, serviceRole]],
    ['ecr:BatchImportUpstreamImage', [full, pullOnly, serviceRole]],
    ['ecr:GetImageCopyStatus', [full, serviceRole]],
    ['ecr:CreateRepository', [full]],
    ['ecr:DeleteRepository', [full]],
    ['ecr:SetRepositoryPolicy', [full]],
    ['ecr:CreatePullThroughCacheRule', [full]],
    ['cloudtrail:LookupEvents', [full]],
    ['iam:PassRole', []],
    ['sts:AssumeRole', []],
  ])('The action %s is allowed by exactly the managed policies that AWS lists for it', (action, expected) => {
    expect(all.filter((name) => allows(name, action))).toEqual(expected)
  })

  it('The full access policy allows creating the service-linked role of replication and no other', () => {
    const create = (service: string) =>
      allows(full, 'iam:CreateServiceLinkedRole', {}, { 'iam:awsservicename': service })
    expect(create('replication.ecr.amazonaws.com')).toBe(true)
    expect(create('ecs.amazonaws.com')).toBe(false)
  })

  it('The policy of the cache role covers its own account and, of all secrets, only those of the cache', () => {
    const secret = (name: string) => ({ resource: `arn:aws:secretsmanager:us-east-1:${account}:secret:${name}` })
    expect(allows(serviceRole, 'secretsmanager:GetSecretValue', secret('ecr-pullthroughcache/hub-a1b2c3'))).toBe(true)
    expect(allows(serviceRole, 'secretsmanager:GetSecretValue', secret('database'))).toBe(false)
    expect(allows(serviceRole, 'ecr:PutImage', { resourceAccount: '444455556666' })).toBe(false)
  })

  it('A managed policy is found by its name and by its ARN', () => {
    for (const policy of Object.values(managedPolicies)) {
      expect(managedPolicy(policy.name)).toBe(policy)
      expect(managedPolicy(policy.arn)).toBe(policy)
    }
    expect(managedPolicies.pullOnly.arn).toBe('arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly')
    expect(managedPolicies.pullThroughCache.arn).toBe(`arn:aws:iam::aws:policy/aws-service-role/${serviceRole}`)
  })

  it.each(['', 'constructor', 'AmazonS3FullAccess', 'amazonec2containerregistryfullaccess', `policy/${full}`])(
    'There is no managed policy named %j',
    (name) => {
      expect(managedPolicy(name)).toBeUndefined()
    },
  )
})
