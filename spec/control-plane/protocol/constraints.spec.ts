import { describe, expect, it } from 'vitest'
import { refusalOf } from '../../../src/control-plane/services/ecr/constraint-refusal.js'
import { validate } from '../../../src/smithy/validate.js'

const refusal = (operation: string, input: unknown) => refusalOf(validate(operation, input))
const repositoryName = 'team/app'
const NAME = '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*'
const PREFIX = '^([a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*/?|ROOT)$'

describe('refusal of an invalid input', () => {
  it.each<[string, string, object, string, string]>([
    [
      'a name with invalid characters',
      'CreateRepository',
      { repositoryName: 'Bad_Name!' },
      'repositoryName',
      `must satisfy regular expression '${NAME}'`,
    ],
    ['a missing name', 'CreateRepository', {}, 'repositoryName', 'must not be null'],
    [
      'a name of one character',
      'CreateRepository',
      { repositoryName: 'a' },
      'repositoryName',
      'must have length greater than or equal to 2',
    ],
    [
      'a name that is too long',
      'CreateRepository',
      { repositoryName: 'a'.repeat(257) },
      'repositoryName',
      'must have length less than or equal to 256',
    ],
    [
      'an invalid name among several',
      'DescribeRepositories',
      { repositoryNames: ['ab', 'A!'] },
      'repositoryName',
      `must satisfy regular expression '${NAME}'`,
    ],
    [
      'an invalid registry id',
      'DescribeRepositories',
      { registryId: '1' },
      'registryId',
      'must satisfy regular expression [0-9]{12}',
    ],
    [
      'an invalid registry id among several',
      'GetAuthorizationToken',
      { registryIds: ['1'] },
      'registryIds',
      'Member must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]{12}]',
    ],
    [
      'another missing member',
      'PutImageTagMutability',
      { repositoryName },
      'imageTagMutability',
      'Member must not be null',
    ],
    [
      'a value outside its enum',
      'PutImageTagMutability',
      { repositoryName, imageTagMutability: 'X' },
      'imageTagMutability',
      'Member must satisfy enum value set: [IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]',
    ],
    [
      'a value outside another enum',
      'ListImages',
      { repositoryName, filter: { tagStatus: 'X' } },
      'filter.tagStatus',
      'Member must satisfy enum value set: [TAGGED, UNTAGGED, ANY]',
    ],
    [
      'a list that is too long',
      'BatchGetImage',
      { repositoryName, imageIds: Array(101).fill({}) },
      'imageIds',
      'Member must have length less than or equal to 100',
    ],
    [
      'an empty list',
      'BatchGetImage',
      { repositoryName, imageIds: [] },
      'imageIds',
      'Member must have length greater than or equal to 1',
    ],
    [
      'too many names',
      'DescribeRepositories',
      { repositoryNames: Array(101).fill('ab') },
      'repositoryNames',
      'Member must have length less than or equal to 100',
    ],
    [
      'a number that is too large',
      'DescribeRepositories',
      { maxResults: 1001 },
      'maxResults',
      'Member must have value less than or equal to 1000',
    ],
    [
      'a number that is too small',
      'DescribeRepositories',
      { maxResults: 0 },
      'maxResults',
      'Member must have value greater than or equal to 1',
    ],
    [
      'a null tag key',
      'TagResource',
      {
        resourceArn: 'x',
        tags: [
          { Key: 'a', Value: '' },
          { Key: null, Value: '' },
        ],
      },
      'tags.2.member.key',
      'Member must not be null',
    ],
    [
      'a null image id',
      'BatchGetImage',
      { repositoryName, imageIds: [null] },
      'imageIds.1.member',
      'Member must not be null',
    ],
    [
      'a text that is too short',
      'PutLifecyclePolicy',
      { repositoryName, lifecyclePolicyText: '' },
      'lifecyclePolicyText',
      'Member must have length greater than or equal to 100',
    ],
    [
      'an invalid prefix',
      'DeletePullThroughCacheRule',
      { ecrRepositoryPrefix: 'A!' },
      'ecrRepositoryPrefix',
      `Member must satisfy regular expression pattern: ${PREFIX}`,
    ],
    [
      'an invalid prefix among several',
      'DescribePullThroughCacheRules',
      { ecrRepositoryPrefixes: ['A!'] },
      'ecrRepositoryPrefixes',
      `Member must satisfy constraint: [Member must have length less than or equal to 30, Member must have length greater than or equal to 2, Member must satisfy regular expression pattern: ${PREFIX}]`,
    ],
    [
      'an invalid registry id in a structure',
      'StartReplicationBackfill',
      { destination: { region: 'us-east-1', registryId: '1' } },
      'destination.registryId',
      'Member must satisfy regular expression pattern: [0-9]{12}',
    ],
    [
      'the first invalid member in model order',
      'PutImageTagMutability',
      { imageTagMutability: 'X' },
      'repositoryName',
      'must not be null',
    ],
  ])('The refusal of %s names the member and its constraint as ECR does', (_, operation, input, member, constraint) => {
    expect(refusal(operation, input)).toMatchObject({
      code: 'InvalidParameterException',
      message: `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
    })
  })

  it.each<[string, string, object, string]>([
    [
      'a number for a string',
      'CreateRepository',
      { repositoryName: 5 },
      'NUMBER_VALUE can not be converted to a String',
    ],
    [
      'a string for a number',
      'DescribeRepositories',
      { maxResults: '5' },
      'STRING_VALUE can not be converted to an Integer',
    ],
    [
      'a boolean for a string',
      'CreateRepository',
      { repositoryName: false },
      'FALSE_VALUE can not be converted to a String',
    ],
    ['a string for a boolean', 'DeleteRepository', { force: 'no' }, 'STRING_VALUE can not be converted to a Boolean'],
    ['a list for a string', 'CreateRepository', { repositoryName: [] }, 'Start of list found where not expected'],
    [
      'a structure for a list',
      'BatchGetImage',
      { imageIds: {} },
      'Start of structure or map found where not expected.',
    ],
    ['a string for a list', 'BatchGetImage', { imageIds: 'a' }, 'Expected list or null'],
    ['a string for a structure', 'ListImages', { filter: 'a' }, 'Expected null'],
    [
      'a wrong type after a broken constraint',
      'DescribeRepositories',
      { registryId: '1', maxResults: '5' },
      'STRING_VALUE can not be converted to an Integer',
    ],
  ])('The refusal of %s is a SerializationException with the message of ECR', (_, operation, input, message) => {
    expect(refusal(operation, input)).toMatchObject({ code: 'SerializationException', message })
  })

  it('A valid input has no refusal', () => {
    expect(() => refusal('CreateRepository', { repositoryName })).toThrow(RangeError)
  })
})
