import { describe, expect, it } from 'vitest'
import { unknownActions } from '../../src/access/known-actions.js'
import { parsePolicy } from '../../src/iam/parse.js'
import { operationNames } from '../../src/smithy/model.js'

const about = (Action: string | string[]) =>
  unknownActions(
    parsePolicy({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] }, 'identity'),
  )

describe('an action of a policy', () => {
  it.each([
    ['ecr:BatchGetImages', 'Amazon ECR has no action ecr:BatchGetImages; the nearest is ecr:BatchGetImage'],
    ['ecr:batchgetimag', 'Amazon ECR has no action ecr:batchgetimag; the nearest is ecr:BatchGetImage'],
    ['ecr:Pull', 'Amazon ECR has no action ecr:Pull'],
    ['ecr:Batch*Images', 'Amazon ECR has no action ecr:Batch*Images'],
  ])('that ECR does not have is told, with the nearest one where one is near: %s', (action, sentence) => {
    expect(about(action)[0]).toMatch(new RegExp(`^${sentence.replaceAll('*', '\\*')}`))
  })

  it.each(['*', 'ecr:*', 'ECR:batchgetimage', 'ecr:Batch*', 'ecr:?atchGetImage', 's3:GetObjects', 'ecr-public:GetX'])(
    'that may be meant is not told: %s',
    (action) => expect(about(action)).toEqual([]),
  )

  it('is told once, however often it is written', () => {
    expect(about(['ecr:Pull', 'ecr:Pull', 'ecr:GetAuthorizationToken'])).toHaveLength(1)
  })

  it('is not told where the API model has an operation of that name', () => {
    expect(about(operationNames('ecr').map((name) => `ecr:${name}`))).toEqual([])
  })

  it('is compared in no time, however many wildcards it has', () => {
    expect(about(`ecr:${'*a'.repeat(2000)}`)).toHaveLength(1)
  })
})
