import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { operations } from '../../src/control-plane/services/ecr/operation-table.js'
import type { Operation, Permission } from '../../src/control-plane/services/ecr/operation.js'
import { account, region } from '../support/emulator.js'

const registry = { account, region }
const members = [
  ...['repositoryName', 'repositoryNames', 'resourceArn', 'imageIds', 'registryIds', 'ecrRepositoryPrefixes'],
  ...['name', 'tags', 'customRoleArn', 'prefix', 'lifecyclePolicy', 'repositoryPolicy'],
]
const anyInput = fc.dictionary(fc.constantFrom(...members), fc.jsonValue({ maxDepth: 3 }))

describe('resources of an operation', () => {
  it.each(Object.entries(operations))('The resources of %s are found in any unvalidated input', (_, operation) => {
    const { resources } = operation as { resources: (input: unknown, of: typeof registry) => (string | Permission)[] }
    fc.assert(
      fc.property(anyInput, (input) => {
        const found = resources(input, registry)
        expect(found.length).toBeGreaterThan(0)
        const needed = found.map((each) => (typeof each === 'string' ? each : each.resource))
        expect(needed.every((resource) => typeof resource === 'string')).toBe(true)
      }),
      { numRuns: 50, examples: [[{ repositoryName: { toString: 1 }, repositoryNames: 'ab', resourceArn: null }]] },
    )
  })

  it('The resources of an operation are the ARNs of the named repositories, or of all repositories', () => {
    const arn = (name: string) => `arn:aws:ecr:${region}:${account}:repository/${name}`
    const of = operations.DescribeRepositories
    expect(of.resources({ repositoryNames: ['team/a', 'team/b'] }, registry)).toEqual([arn('team/a'), arn('team/b')])
    expect(of.resources({}, registry)).toEqual([arn('*')])
    expect(operations.DeleteRepository.resources({ repositoryName: 'team/a' }, registry)).toEqual([arn('team/a')])
    expect(operations.DescribeRegistry.resources({}, registry)).toEqual(['*'])
  })

  it('The resources of an operation include the tags of a new repository and a role that is passed', () => {
    const resource = `arn:aws:ecr:${region}:${account}:repository/team/a`
    const tags = [{ Key: 'team', Value: 'a' }]
    const create = operations.CreateRepository
    const tagging = { action: 'ecr:TagResource', resource }
    expect(create.resources({ repositoryName: 'team/a', tags }, registry)).toEqual([resource, tagging])
    expect(create.resources({ repositoryName: 'team/a', tags: [] }, registry)).toEqual([resource])

    const customRoleArn = `arn:aws:iam::${account}:role/cache`
    const passing = {
      ...{ action: 'iam:PassRole', resource: customRoleArn },
      conditions: { 'iam:PassedToService': 'ecr.amazonaws.com' },
    }
    const rule = { ecrRepositoryPrefix: 'hub', upstreamRegistryUrl: 'quay.io' }
    for (const operation of [operations.CreatePullThroughCacheRule, operations.UpdatePullThroughCacheRule]) {
      expect(operation.resources({ ...rule, customRoleArn }, registry)).toEqual(['*', passing])
      expect(operation.resources(rule, registry)).toEqual(['*'])
    }
  })

  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
  const withoutResource = [
    ...['CreatePullThroughCacheRule', 'DeletePullThroughCacheRule', 'DescribePullThroughCacheRules'],
    ...['UpdatePullThroughCacheRule', 'ValidatePullThroughCacheRule', 'GetRegistryPolicy', 'PutRegistryPolicy'],
    ...['CreateRepositoryCreationTemplate', 'DeleteRepositoryCreationTemplate'],
    ...['DescribeRepositoryCreationTemplates', 'UpdateRepositoryCreationTemplate'],
    ...['PutSigningConfiguration', 'GetSigningConfiguration', 'DeleteSigningConfiguration'],
    ...['RegisterPullTimeUpdateExclusion', 'DeregisterPullTimeUpdateExclusion', 'ListPullTimeUpdateExclusions'],
    ...['GetRegistryScanningConfiguration', 'PutRegistryScanningConfiguration', 'PutReplicationConfiguration'],
    ...['StartReplicationBackfill', 'StopReplicationBackfill', 'ListReplicationBackfills'],
    'DescribeReplicationBackfillResults',
    ...['DeleteRegistryPolicy', 'DescribeRegistry', 'GetAccountSetting', 'PutAccountSetting', 'GetAuthorizationToken'],
  ]

  it('The resource is * for actions without a resource type in IAM, and a repository for all others', () => {
    const arn = `arn:aws:ecr:${region}:${account}:repository/team/a`
    const input = { repositoryName: 'team/a', repositoryNames: ['team/a'], resourceArn: arn, name: 'BLOB_MOUNTING' }
    for (const [name, operation] of Object.entries(operations) as [string, Operation<'CreateRepository'>][]) {
      const [first] = operation.resources(input, registry)
      expect([name, typeof first === 'object' ? first.resource : first]).toEqual([
        ...[name, withoutResource.includes(name) ? '*' : arn],
      ])
    }
  })
})
