import { describe, expect, it } from 'vitest'
import { jsonSchema } from '../../scripts/json-schema.js'
import { inputOf, isOperation, operationNames, operationShape, paginationOf, shape } from '../../src/smithy/model.js'

describe('The Smithy model at run time', () => {
  it.each(['CreateRepository', 'StartReplicationBackfill', 'BatchImportUpstreamImage'])(
    'The model has the operation %s',
    (name) => {
      expect(isOperation(name)).toBe(true)
      expect(operationNames('ecr')).toContain(name)
    },
  )

  it.each(['', 'createRepository', 'CreateRepositoryRequest', 'constructor', '__proto__'])(
    'The model has no operation %j',
    (name) => {
      expect(isOperation(name)).toBe(false)
      expect(() => operationShape(name)).toThrow('The Smithy model has no operation')
    },
  )

  it('The model leads from an operation to the members of its input', () => {
    expect(Object.keys(shape(inputOf('DeletePullThroughCacheRule')).members ?? {})).toEqual([
      'ecrRepositoryPrefix',
      'registryId',
    ])
  })

  it('A shape of the Smithy prelude is found by its name; an unknown shape throws', () => {
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
  ])('The page sizes of %s are %j', (operation, pagination) => {
    expect(paginationOf(operation)).toEqual(pagination)
  })

  it('A type that no request contains has no JSON schema', () => {
    expect(() => jsonSchema('com.amazonaws.ecr#Annotations')).toThrow('no request has had a map yet')
  })
})
