import * as sdk from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inputOf, operationNames, paginationOf, shape } from '../../src/smithy/model.js'
import { startEmulator } from '../support/emulator.js'
import { createRepository, pushImage } from '../support/push.js'

const repositoryName = 'team/app'
const imageDigest = `sha256:${'0'.repeat(64)}`

/**
 * Every operation that answers in pages: the largest page and the one without `maxResults`, what else a call needs, and
 * the names or ids that the API reference says exclude paging.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
 */
const paged: [name: string, most: number, usual: number, required: object, ids?: object][] = [
  ['DescribeImageScanFindings', 1000, 100, { repositoryName, imageId: { imageTag: 'a' } }],
  ['DescribeImages', 1000, 100, { repositoryName }, { imageIds: [{ imageTag: 'a' }] }],
  ['DescribePullThroughCacheRules', 1000, 100, {}, { ecrRepositoryPrefixes: ['quay'] }],
  ['DescribeReplicationBackfillResults', 1000, 100, { replicationBackfillId: '00000000-0000-4000-8000-000000000000' }],
  ['DescribeRepositories', 1000, 100, {}, { repositoryNames: [repositoryName] }],
  ['DescribeRepositoryCreationTemplates', 1000, 100, {}, { prefixes: ['team'] }],
  ['GetLifecyclePolicyPreview', 100, 100, { repositoryName }, { imageIds: [{ imageTag: 'a' }] }],
  ['ListImageReferrers', 50, 20, { repositoryName, subjectId: { imageDigest } }],
  ['ListImages', 1000, 100, { repositoryName }],
  ['ListPullTimeUpdateExclusions', 1000, 100, {}],
  ['ListReplicationBackfills', 50, 25, {}],
]

const invalid = (member: string, constraint: string) => ({
  name: 'InvalidParameterException',
  message: `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
})

describe('Pages', () => {
  let emulator: Awaited<ReturnType<typeof startEmulator>>
  /** A token of each of two operations, the first one for the repository. */
  let tokens: { ListImages: string; DescribeRepositories: string }

  beforeAll(async () => {
    emulator = await startEmulator()
    const { ecr } = emulator
    for (const name of [repositoryName, 'team/other']) {
      await createRepository(ecr, name)
      for (const imageTag of ['a', 'b']) await pushImage(ecr, name, { imageTag, layer: imageTag })
    }
    for (const [prefix, host] of Object.entries({ public: 'public.ecr.aws', quay: 'quay.io' })) {
      const rule = { ecrRepositoryPrefix: prefix, upstreamRegistryUrl: host }
      await ecr.send(new sdk.CreatePullThroughCacheRuleCommand(rule))
      await ecr.send(new sdk.CreateRepositoryCreationTemplateCommand({ prefix, appliedFor: ['PULL_THROUGH_CACHE'] }))
    }
    const images = await ecr.send(new sdk.ListImagesCommand({ repositoryName, maxResults: 1 }))
    const repositories = await ecr.send(new sdk.DescribeRepositoriesCommand({ maxResults: 1 }))
    tokens = { ListImages: images.nextToken!, DescribeRepositories: repositories.nextToken! }
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  const call = (name: string, input: object): Promise<object> => {
    const Command = sdk[`${name}Command` as 'ListImagesCommand']
    return emulator.ecr.send(new Command(input as sdk.ListImagesCommandInput))
  }

  it('The list of operations with pages is that of the model', () => {
    const isPaged = (name: string) => 'maxResults' in (shape(inputOf(name)).members ?? {})
    expect(paged.map(([name]) => name).sort()).toEqual(operationNames('ecr').filter(isPaged).sort())
  })

  it.each(paged)('%s has pages of 1 to %i results, and of %i unless the call says how many', (name, most, usual) => {
    expect(paginationOf(name)).toEqual({ maxPageSize: most, defaultPageSize: usual })
  })

  it.each(paged)('%s refuses a page of no result, and one of more than %i', async (name, most, _usual, required) => {
    await expect(call(name, { ...required, maxResults: 0 })).rejects.toMatchObject(
      invalid('maxResults', 'Member must have value greater than or equal to 1'),
    )
    await expect(call(name, { ...required, maxResults: most + 1 })).rejects.toMatchObject(
      invalid('maxResults', `Member must have value less than or equal to ${most}`),
    )
  })

  it.each(paged)('%s refuses a token that is none, and one of another operation', async (name, _m, _u, required) => {
    const foreign = name === 'ListImages' ? tokens.DescribeRepositories : tokens.ListImages
    for (const nextToken of ['made-up', foreign])
      await expect(call(name, { ...required, nextToken })).rejects.toMatchObject(invalid('nextToken', 'Invalid token'))
  })

  it('ListImages refuses a token for another repository', async () => {
    const nextToken = tokens.ListImages
    await expect(call('ListImages', { repositoryName: 'team/other', nextToken })).rejects.toMatchObject(
      invalid('nextToken', 'Invalid token'),
    )
    expect(await call('ListImages', { repositoryName, nextToken })).toMatchObject({ imageIds: [{}] })
  })

  it.each(paged.flatMap(([name, , , required, ids]) => (ids === undefined ? [] : [[name, required, ids] as const])))(
    '%s refuses ids together with a size',
    async (name, required, ids) => {
      const [member = ''] = Object.keys(ids)
      await expect(call(name, { ...required, ...ids, maxResults: 5 })).rejects.toMatchObject(
        invalid('maxResults', `Cannot be combined with ${member}`),
      )
    },
  )

  it.each([
    ['DescribeImages', { repositoryName }, { imageIds: [{ imageTag: 'a' }] }],
    ['DescribePullThroughCacheRules', {}, { ecrRepositoryPrefixes: ['quay'] }],
    ['DescribeRepositories', {}, { repositoryNames: [repositoryName] }],
    ['DescribeRepositoryCreationTemplates', {}, { prefixes: ['team'] }],
  ])('%s refuses ids together with a token of its own', async (name, required, ids) => {
    const { nextToken } = (await call(name, { ...required, maxResults: 1 })) as { nextToken?: string }
    expect(nextToken).toBeDefined()
    const [member = ''] = Object.keys(ids)
    await expect(call(name, { ...required, ...ids, nextToken })).rejects.toMatchObject(
      invalid('nextToken', `Cannot be combined with ${member}`),
    )
  })
})
