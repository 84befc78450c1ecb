import { describe, expect, it } from 'vitest'
import { jsonSchema } from '../../src/smithy/json-schema.js'
import { inputOf, isOperation, operationNames, operationShape, paginationOf, shape } from '../../src/smithy/model.js'

describe('The model', () => {
  it.each(['CreateRepository', 'StartReplicationBackfill', 'BatchImportUpstreamImage'])('has %s', (name) => {
    expect(isOperation(name)).toBe(true)
    expect(operationNames('ecr')).toContain(name)
  })

  it.each(['', 'createRepository', 'CreateRepositoryRequest', 'constructor', '__proto__'])(
    'has no operation %j',
    (name) => {
      expect(isOperation(name)).toBe(false)
      expect(() => operationShape(name)).toThrow('The Smithy model has no operation')
    },
  )

  it('leads from an operation to the members of its input', () => {
    expect(Object.keys(shape(inputOf('DeletePullThroughCacheRule')).members ?? {})).toEqual([
      'ecrRepositoryPrefix',
      'registryId',
    ])
  })

  it('knows a shape of the prelude by its name and no shape it was not given', () => {
    expect(shape('smithy.api#String')).toEqual({ type: 'string' })
    expect(() => shape('com.amazonaws.ecr#Nothing')).toThrow('The Smithy model has no shape com.amazonaws.ecr#Nothing')
  })

  it.each<[string, ReturnType<typeof paginationOf>]>([
    ['DescribeRepositories', { defaultPageSize: 100, maxPageSize: 1000 }],
    ['DescribePullThroughCacheRules', { defaultPageSize: 100, maxPageSize: 1000 }],
    ['DescribeReplicationBackfillResults', { defaultPageSize: 100, maxPageSize: 1000 }],
    ['GetLifecyclePolicyPreview', { defaultPageSize: 100, maxPageSize: 100 }],
    ['ListImageReferrers', { defaultPageSize: 20, maxPageSize: 50 }],
    ['ListReplicationBackfills', { defaultPageSize: 25, maxPageSize: 50 }],
    ['CreateRepository', undefined],
  ])('pages %s by %j', (operation, pagination) => {
    expect(paginationOf(operation)).toEqual(pagination)
  })

  it('has no JSON form for a type that no request has had', () => {
    expect(() => jsonSchema('com.amazonaws.ecr#Annotations')).toThrow('no request has had a map yet')
  })
})
