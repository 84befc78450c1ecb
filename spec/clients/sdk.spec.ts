import * as sdk from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { createRepository, pushImage } from '../support/push.js'
import { emulatorWithFindings } from './findings.js'

const repositoryName = 'team/one'
const registryId = '000000000000'
const lifecyclePolicyText = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 1 },
      action: { type: 'expire' },
    },
  ],
})

describe('The AWS SDK for JavaScript', () => {
  let emulator: EmulatorProcess
  let ecr: sdk.ECRClient
  let replicationBackfillId: string | undefined

  beforeAll(async () => {
    emulator = await emulatorWithFindings()
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    ecr = new sdk.ECRClient({ endpoint: emulator.endpoint, region: 'us-east-1', credentials })
    for (const name of [repositoryName, 'team/three', 'team/two']) await createRepository(ecr, name)
    for (const imageTag of ['a', 'b', 'broken']) await pushImage(ecr, repositoryName, { imageTag, layer: imageTag })
    for (const [prefix, host] of Object.entries({ k8s: 'registry.k8s.io', public: 'public.ecr.aws', quay: 'quay.io' }))
      await ecr.send(
        new sdk.CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: prefix, upstreamRegistryUrl: host }),
      )
    for (const prefix of ['ROOT', 'k8s', 'team'])
      await ecr.send(new sdk.CreateRepositoryCreationTemplateCommand({ prefix, appliedFor: ['REPLICATION'] }))
  })
  afterAll(async () => {
    ecr.destroy()
    await emulator[Symbol.asyncDispose]()
  })

  const waiting = () => ({ client: ecr, maxWaitTime: 60, minDelay: 1, maxDelay: 1 })
  const scan = (imageTag: string) => ({ repositoryName, imageId: { imageTag } })

  it('The waiter of a scan ends when the scan has findings', async () => {
    await ecr.send(new sdk.StartImageScanCommand(scan('a')))
    const { state, reason } = await sdk.waitUntilImageScanComplete(waiting(), scan('a'))
    expect(state).toBe('SUCCESS')
    expect(reason).toMatchObject({
      imageScanStatus: { status: 'COMPLETE' },
      imageScanFindings: { findingSeverityCounts: { CRITICAL: 1, HIGH: 1, LOW: 1 } },
    })
  })

  it('The waiter of a scan throws when the scan fails', async () => {
    await ecr.send(new sdk.StartImageScanCommand(scan('broken')))
    await expect(sdk.waitUntilImageScanComplete(waiting(), scan('broken'))).rejects.toThrow('FAILED')
  })

  it('The waiter of a lifecycle policy preview ends when the preview is complete', async () => {
    await ecr.send(new sdk.StartLifecyclePolicyPreviewCommand({ repositoryName, lifecyclePolicyText }))
    const { state, reason } = await sdk.waitUntilLifecyclePolicyPreviewComplete(waiting(), { repositoryName })
    expect(state).toBe('SUCCESS')
    expect(reason).toMatchObject({ status: 'COMPLETE', summary: { expiringImageTotalCount: 2 } })
  })

  it('Backfills of two Regions end COMPLETE', async () => {
    const destinations = ['eu-west-1', 'eu-central-1'].map((region) => ({ region, registryId }))
    const replicationConfiguration = { rules: [{ destinations }] }
    await ecr.send(new sdk.PutReplicationConfigurationCommand({ replicationConfiguration }))
    for (const destination of destinations)
      ({ replicationBackfillId } = await ecr.send(new sdk.StartReplicationBackfillCommand({ destination })))
    const statuses = async () => {
      const { backfills = [] } = await ecr.send(new sdk.ListReplicationBackfillsCommand({}))
      return backfills.map(({ status }) => status)
    }
    await expect.poll(statuses).toEqual(['COMPLETE', 'COMPLETE'])
  })

  it('Every waiter that the SDK exports is used here', () => {
    const waiters = Object.keys(sdk).filter((name) => name.startsWith('waitUntil'))
    expect(waiters.sort()).toEqual(['waitUntilImageScanComplete', 'waitUntilLifecyclePolicyPreviewComplete'])
  })

  /** How often a paginator calls for pages of one, and how many results it yields. */
  async function count<Output>(pages: AsyncIterable<Output>, items: (page: Output) => unknown[] | undefined) {
    let [calls, results] = [0, 0]
    for await (const page of pages) [calls, results] = [calls + 1, results + (items(page)?.length ?? 0)]
    return { calls, results }
  }
  const one = () => ({ client: ecr, pageSize: 1 })

  const paginators: Record<string, () => Promise<{ calls: number; results: number }>> = {
    paginateDescribeImageScanFindings: () =>
      count(sdk.paginateDescribeImageScanFindings(one(), scan('a')), (page) => page.imageScanFindings?.findings),
    paginateDescribeImages: () =>
      count(sdk.paginateDescribeImages(one(), { repositoryName }), (page) => page.imageDetails),
    paginateDescribePullThroughCacheRules: () =>
      count(sdk.paginateDescribePullThroughCacheRules(one(), {}), (page) => page.pullThroughCacheRules),
    paginateDescribeReplicationBackfillResults: () =>
      count(sdk.paginateDescribeReplicationBackfillResults(one(), { replicationBackfillId }), (page) => page.results),
    paginateDescribeRepositories: () => count(sdk.paginateDescribeRepositories(one(), {}), (page) => page.repositories),
    paginateDescribeRepositoryCreationTemplates: () =>
      count(sdk.paginateDescribeRepositoryCreationTemplates(one(), {}), (page) => page.repositoryCreationTemplates),
    paginateGetLifecyclePolicyPreview: () =>
      count(sdk.paginateGetLifecyclePolicyPreview(one(), { repositoryName }), (page) => page.previewResults),
    paginateListImages: () => count(sdk.paginateListImages(one(), { repositoryName }), (page) => page.imageIds),
    paginateListReplicationBackfills: () =>
      count(sdk.paginateListReplicationBackfills(one(), {}), (page) => page.backfills),
  }

  it('Every paginator that the SDK exports is used here', () => {
    const exported = Object.keys(sdk).filter((name) => name.startsWith('paginate'))
    expect(exported.sort()).toEqual(Object.keys(paginators).sort())
  })

  it.each(Object.entries(paginators))('%s yields every result once, in as many pages', async (name, paginate) => {
    const results = ['paginateGetLifecyclePolicyPreview', 'paginateListReplicationBackfills'].includes(name) ? 2 : 3
    expect(await paginate()).toEqual({ calls: results, results })
  })

  it('An exception of the SDK is an instance of its class, with its members', async () => {
    const { uploadId } = await ecr.send(new sdk.InitiateLayerUploadCommand({ repositoryName }))
    const part = { partFirstByte: 5, partLastByte: 8, layerPartBlob: Buffer.from('late') }
    const late = ecr.send(new sdk.UploadLayerPartCommand({ repositoryName, uploadId, ...part }))
    const refusal: unknown = await late.catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(sdk.InvalidLayerPartException)
    expect(refusal).toMatchObject({ registryId, repositoryName, uploadId, lastValidByteReceived: -1, $fault: 'client' })
  })
})

describe('A caller of more requests than are allowed', () => {
  it('The SDK waits and repeats what is throttled, and throws ThrottlingException if it may not', async () => {
    const limits = { requestsPerSecond: 2 }
    await using emulator = await emulatorProcess({ config: { limits } })
    const clientWith = (maxAttempts: number) =>
      new sdk.ECRClient({
        endpoint: emulator.endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        maxAttempts,
      })
    const send = (ecr: sdk.ECRClient, calls: number) =>
      Promise.allSettled(Array.from({ length: calls }, () => ecr.send(new sdk.DescribeRegistryCommand({}))))

    const [impatient, patient] = [clientWith(1), clientWith(10)]
    const outcomes = await send(impatient, 40)
    expect(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))).toContain(
      'ThrottlingException: Rate exceeded',
    )
    expect((await send(patient, 3)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    for (const client of [impatient, patient]) client.destroy()
  })
})
