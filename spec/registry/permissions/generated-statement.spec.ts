import { describe, expect, it } from 'vitest'
import {
  crossAccountPullStatement,
  pullThroughStatement,
  replicationStatement,
} from '../../../src/registry/permissions/generated-statement.js'

const registry = { account: '111122223333', region: 'us-east-1' }
const user = 'arn:aws:iam::111122223333:user/ecr-pull-through-cache-user'

describe('A generated statement of the registry policy', () => {
  it('A statement of a pull through cache is the one of the user guide', () => {
    const choices = { sid: 'AllowPullThroughCache', principals: [user], namespace: 'ecr-public', repositories: [] }
    expect(pullThroughStatement(registry, choices)).toEqual({
      Sid: 'AllowPullThroughCache',
      Effect: 'Allow',
      Principal: { AWS: user },
      Action: ['ecr:CreateRepository', 'ecr:BatchImportUpstreamImage'],
      Resource: 'arn:aws:ecr:us-east-1:111122223333:repository/ecr-public/*',
    })
  })

  it('A statement of a pull through cache names the chosen repositories under the namespace', () => {
    const choices = { sid: '', principals: [user, '444455556666'], namespace: 'quay', repositories: ['app', 'team/*'] }
    expect(pullThroughStatement(registry, choices)).toMatchObject({
      Effect: 'Allow',
      Principal: { AWS: [user, 'arn:aws:iam::444455556666:root'] },
      Resource: [
        'arn:aws:ecr:us-east-1:111122223333:repository/quay/app',
        'arn:aws:ecr:us-east-1:111122223333:repository/quay/team/*',
      ],
    })
  })

  it('A statement of the rule without a namespace names repositories without a prefix', () => {
    const choices = { sid: '', principals: [user], namespace: 'ROOT', repositories: ['nginx'] }
    expect(pullThroughStatement(registry, choices).Resource).toBe('arn:aws:ecr:us-east-1:111122223333:repository/nginx')
  })

  it('A statement of replication and one of cross-account pulls name accounts by their root', () => {
    const choices = { sid: 'Other', principals: ['444455556666'], repositories: [] }
    const common = {
      Principal: { AWS: 'arn:aws:iam::444455556666:root' },
      Resource: 'arn:aws:ecr:us-east-1:111122223333:repository/*',
    }
    expect(replicationStatement(registry, choices)).toMatchObject({
      ...common,
      Action: ['ecr:CreateRepository', 'ecr:ReplicateImage'],
    })
    expect(crossAccountPullStatement(registry, choices)).toMatchObject({
      ...common,
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    })
  })
})
