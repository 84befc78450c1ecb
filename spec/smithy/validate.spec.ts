import { describe, expect, it } from 'vitest'
import { operationNames } from '../../src/smithy/model.js'
import { validate } from '../../src/smithy/validate.js'

const repositoryName = 'team/app'
const bytes = (count: number) => Buffer.alloc(count).toString('base64')
const part = (layerPartBlob: unknown) => ({
  repositoryName,
  uploadId: '12345678-abcd-ABCD-0000-123456789012',
  partFirstByte: 0,
  partLastByte: 1,
  layerPartBlob,
})
const secret = (name: string) => `arn:aws:secretsmanager:us-east-1:111122223333:secret:${name}`

describe('validate', () => {
  it.each<[string, string, object]>([
    ['only the required members', 'CreateRepository', { repositoryName }],
    ['members it does not know', 'CreateRepository', { repositoryName, unheardOf: { deep: [null] } }],
    ['null for what is not required', 'CreateRepository', { repositoryName, tags: null, imageTagMutability: null }],
    [
      'null inside a structure',
      'CreateRepository',
      { repositoryName, imageScanningConfiguration: { scanOnPush: null } },
    ],
    [
      'null inside a structure of a list',
      'BatchGetImage',
      { repositoryName, imageIds: [{ imageTag: 'a', imageDigest: null }] },
    ],
    ['an empty input where nothing is required', 'DescribeRepositories', {}],
    ['the shortest name', 'CreateRepository', { repositoryName: 'ab' }],
    ['the longest name', 'CreateRepository', { repositoryName: 'a'.repeat(256) }],
    ['runs of separators', 'CreateRepository', { repositoryName: 'a--b/c---d/e__f/g.h' }],
    ['a hundred items', 'BatchGetImage', { repositoryName, imageIds: Array(100).fill({ imageTag: 'a' }) }],
    ['the smallest page', 'DescribeRepositories', { maxResults: 1 }],
    ['the largest page', 'DescribeRepositories', { maxResults: 1000 }],
    [
      'astral letters, each counted once',
      'PutImage',
      { repositoryName, imageManifest: '{}', imageTag: '😀'.repeat(300) },
    ],
    ['no bytes', 'UploadLayerPart', part('')],
    ['bytes up to the limit, far longer as base64', 'UploadLayerPart', part(bytes(20_971_520))],
    ['the prefix ROOT', 'CreatePullThroughCacheRule', { ecrRepositoryPrefix: 'ROOT', upstreamRegistryUrl: 'quay.io' }],
    ['a prefix that ends in a slash', 'DescribePullThroughCacheRules', { ecrRepositoryPrefixes: ['team/hub/'] }],
    [
      'a secret of the right name',
      'UpdatePullThroughCacheRule',
      { ecrRepositoryPrefix: 'hub', credentialArn: secret('ecr-pullthroughcache/hub') },
    ],
    [
      'the operation that only the emulator has',
      'BatchImportUpstreamImage',
      { repositoryName, imageIds: [{ imageTag: '1' }] },
    ],
  ])('validate accepts %s', (_, operation, input) => {
    expect(validate(operation, input)).toEqual([])
  })

  const required = { kind: 'required' }
  const longest = (limit: number) => ({ kind: 'max-length', limit })
  const shortest = (limit: number) => ({ kind: 'min-length', limit })
  const type = (expected: string, actual: string) => ({ kind: 'type', expected, actual })
  const registryId = { kind: 'pattern', pattern: '[0-9]{12}' }

  it.each<[string, string, unknown, (string | number)[], object]>([
    ['a required member missing', 'CreateRepository', {}, ['repositoryName'], required],
    ['a required member null', 'CreateRepository', { repositoryName: null }, ['repositoryName'], required],
    [
      'a required member missing in a list',
      'TagResource',
      { resourceArn: 'x', tags: [{ Key: 'a', Value: 'b' }, { Value: 'b' }] },
      ['tags', 1, 'Key'],
      required,
    ],
    [
      'a required member null in a list',
      'TagResource',
      { resourceArn: 'x', tags: [{ Key: null, Value: 'b' }] },
      ['tags', 0, 'Key'],
      required,
    ],
    ['null in a list', 'BatchGetImage', { repositoryName, imageIds: [{}, null] }, ['imageIds', 1], required],
    ['null in a list of text', 'DescribeRepositories', { repositoryNames: [null] }, ['repositoryNames', 0], required],
    ['a short text', 'CreateRepository', { repositoryName: 'a' }, ['repositoryName'], shortest(2)],
    ['an empty text', 'CreateRepository', { repositoryName: '' }, ['repositoryName'], shortest(2)],
    ['a long text', 'CreateRepository', { repositoryName: 'a'.repeat(257) }, ['repositoryName'], longest(256)],
    [
      'a long text of astral letters',
      'PutImage',
      { repositoryName, imageManifest: '{}', imageTag: '😀'.repeat(301) },
      ['imageTag'],
      longest(300),
    ],
    ['a long list', 'BatchGetImage', { repositoryName, imageIds: Array(101).fill({}) }, ['imageIds'], longest(100)],
    ['an empty list', 'BatchGetImage', { repositoryName, imageIds: [] }, ['imageIds'], shortest(1)],
    [
      'a large number',
      'DescribeRepositories',
      { maxResults: 1001 },
      ['maxResults'],
      { kind: 'max-value', limit: 1000 },
    ],
    ['a small number', 'DescribeRepositories', { maxResults: 0 }, ['maxResults'], { kind: 'min-value', limit: 1 }],
    [
      'a value outside its enum',
      'ListImages',
      { repositoryName, filter: { tagStatus: 'SOME' } },
      ['filter', 'tagStatus'],
      { kind: 'enum', values: ['TAGGED', 'UNTAGGED', 'ANY'] },
    ],
    [
      'a text that does not match its pattern',
      'DescribeRepositories',
      { registryId: '12345678901' },
      ['registryId'],
      registryId,
    ],
    [
      'a text that matches its pattern only in the middle',
      'DescribeRepositories',
      { registryId: '1234567890123' },
      ['registryId'],
      registryId,
    ],
    [
      'a text that matches its pattern only on one line',
      'DescribeRepositories',
      { registryId: '123456789012\n' },
      ['registryId'],
      registryId,
    ],
    ['too many bytes', 'UploadLayerPart', part(bytes(20_971_521)), ['layerPartBlob'], longest(20_971_520)],
    ['a text that is not base64', 'UploadLayerPart', part('a*b='), ['layerPartBlob'], type('blob', 'string')],
    ['a number for a text', 'CreateRepository', { repositoryName: 5 }, ['repositoryName'], type('string', 'number')],
    ['a text for a number', 'DescribeRepositories', { maxResults: '5' }, ['maxResults'], type('integer', 'string')],
    [
      'a fraction for an integer',
      'DescribeRepositories',
      { maxResults: 1.5 },
      ['maxResults'],
      type('integer', 'number'),
    ],
    [
      'a text for a boolean',
      'DeleteRepository',
      { repositoryName, force: 'true' },
      ['force'],
      type('boolean', 'string'),
    ],
    [
      'a boolean for an enum',
      'CreateRepository',
      { repositoryName, imageTagMutability: true },
      ['imageTagMutability'],
      type('string', 'true'),
    ],
    ['a text for a list', 'BatchGetImage', { repositoryName, imageIds: 'a' }, ['imageIds'], type('list', 'string')],
    ['a list for a structure', 'ListImages', { repositoryName, filter: [] }, ['filter'], type('structure', 'list')],
    [
      'a structure for a text',
      'CreateRepository',
      { repositoryName: {} },
      ['repositoryName'],
      type('string', 'structure'),
    ],
    [
      'a wrong type before a violated constraint',
      'TagResource',
      { resourceArn: 'x', tags: [{}, { Key: 5, Value: 'b' }] },
      ['tags', 1, 'Key'],
      type('string', 'number'),
    ],
    ['null for the input', 'ListImages', null, [], type('structure', 'null')],
    ['a list for the input', 'ListImages', [], [], type('structure', 'list')],
    ['no images to import', 'BatchImportUpstreamImage', { repositoryName }, ['imageIds'], required],
  ])('validate refuses %s', (_, operation, input, path, broken) => {
    expect(validate(operation, input)).toEqual([expect.objectContaining({ path, broken })])
  })

  it('validate lists the violations of several members in the order of the model, whatever order they are sent in', () => {
    const violations = validate('CreateRepository', { tags: [{}], imageTagMutability: 'X', registryId: '1' })

    expect(violations.map(({ path }) => path)).toEqual([
      ['registryId'],
      ['repositoryName'],
      ['tags', 0, 'Key'],
      ['imageTagMutability'],
    ])
  })

  it('A violation lists all constraints of the shape, also those that are met', () => {
    const [violation] = validate('DescribePullThroughCacheRules', { ecrRepositoryPrefixes: ['A!'] })

    expect(violation?.constraints.map(({ kind }) => kind)).toEqual(['max-length', 'min-length', 'pattern'])
  })

  it('validate reports one violation for a list of a million invalid items', () => {
    const tags = Array<number>(1_000_000).fill(1)

    expect(validate('TagResource', { resourceArn: 'x', tags })).toHaveLength(1)
  })

  it.each(operationNames('ecr'))('validate can read the input of %s', (operation) => {
    expect(() => validate(operation, {})).not.toThrow()
  })
})
