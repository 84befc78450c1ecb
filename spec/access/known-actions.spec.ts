import { describe, expect, it } from 'vitest'
import { unknownActions } from '../../src/access/known-actions.js'
import { parsePolicy } from '../../src/iam/parse.js'
import { operationNames } from '../../src/smithy/model.js'

const about = (Action: string | string[]) =>
  unknownActions(
    parsePolicy({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] }, 'identity'),
  )

describe('Unknown actions in policies', () => {
  it.each([
    ['ecr:BatchGetImages', 'Amazon ECR has no action ecr:BatchGetImages; the nearest is ecr:BatchGetImage'],
    ['ecr:batchgetimag', 'Amazon ECR has no action ecr:batchgetimag; the nearest is ecr:BatchGetImage'],
    ['ecr:Pull', 'Amazon ECR has no action ecr:Pull'],
    ['ecr:Batch*Images', 'Amazon ECR has no action ecr:Batch*Images'],
  ])(
    'An action that ECR does not have is reported, with the nearest existing action if one is near: %s',
    (action, sentence) => {
      expect(about(action)[0]).toMatch(new RegExp(`^${sentence.replaceAll('*', '\\*')}`))
    },
  )

  it.each(['*', 'ecr:*', 'ECR:batchgetimage', 'ecr:Batch*', 'ecr:?atchGetImage', 's3:GetObjects', 'ecr-public:GetX'])(
    'An action that ECR has or another service may have is not reported: %s',
    (action) => expect(about(action)).toEqual([]),
  )

  it('An unknown action is reported once, however often it occurs', () => {
    expect(about(['ecr:Pull', 'ecr:Pull', 'ecr:GetAuthorizationToken'])).toHaveLength(1)
  })

  it('Every operation in the API model is a known action', () => {
    expect(about(operationNames('ecr').map((name) => `ecr:${name}`))).toEqual([])
  })

  it('An action with thousands of wildcards is compared quickly', () => {
    expect(about(`ecr:${'*a'.repeat(2000)}`)).toHaveLength(1)
  })
})
