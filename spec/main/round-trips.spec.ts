import * as sdk from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { downloadUrl } from '../../src/access/download-url.js'
import { operations } from '../../src/control-plane/services/ecr/operation-table.js'
import { CLOCK_OFFSET } from '../../src/registry/ports/clock.js'
import { keyOf, REGISTRY_POLICY, type Store } from '../../src/registry/ports/store.js'
import { installation, type Registry, repositoryArn } from '../../src/registry/registry.js'
import { TOKEN_LIFETIME_MS } from '../../src/access/token.js'
import { countedStore } from '../support/counted-store.js'
import { account, now, region, startEmulator } from '../support/emulator.js'
import { longSession, longSessionAccounts, loginOf } from '../support/long-session.js'
import { createRepository, pushImage, pushIndex, pushLayer } from '../support/push.js'
import { type RedisProcess, startRedis } from '../support/redis.js'
import { startRegistry, startedAt } from '../support/registry.js'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.js'

const registry: Registry = { account, region }
let redis: RedisProcess
let proxy: TcpProxy
let pieceBytes = Infinity
beforeAll(async () => {
  redis = await startRedis()
  proxy = await tcpProxy({ port: () => redis.port, pieceBytes: () => pieceBytes })
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await redis[Symbol.asyncDispose]()
})
/** Runs the work while every answer of Redis arrives a hundred bytes at a time. */
const inPieces = async <T>(work: () => Promise<T>): Promise<T> => {
  pieceBytes = 100
  return work().finally(() => (pieceBytes = Infinity))
}
const openStore = () => countedStore(`redis://127.0.0.1:${proxy.port}`)

const [repositoryName, cached, index, tag] = ['team/app', 'quay/app', 'latest', 'v1']

/**
 * The time and everything a decision uses are one round trip, what a request names is another. The image behind a tag is a third, and
 * so is the second look at a layer after it was pinned.
 */
const inThree: ReadonlySet<string> = new Set([
  'DescribeImages by tag, of an index',
  'ListImageReferrers of a pushed image',
  'BatchGetImage by tag and by digest',
  'BatchGetImage of what a rule brought',
  'BatchCheckLayerAvailability',
  'DescribeImageSigningStatus by tag',
  'DescribeImageReplicationStatus by tag',
  'DescribeImageScanFindings by tag',
  'a manifest by tag',
  'the head of a manifest',
  'a manifest that a rule brought, by tag',
  'the head of a layer',
])
const bounded = <T>(requests: Record<string, T>) =>
  Object.entries(requests).map(([name, request]) => [inThree.has(name) ? 3 : 2, name, request] as const)

/** A clock whose offset is read from the store, as in the emulator. */
const clockOn = (store: Store, time: Date) => ({
  now: async () => new Date(time.getTime() + Number((await store.settings.get(installation, CLOCK_OFFSET)) ?? 0)),
  wall: () => new Date(),
  advance: () => Promise.reject(new Error('this clock stands still')),
})

/** A policy that tests the tags of a repository, so that the repository is read for the decision, too. */
const aboutTags = (Resource: object = {}) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Deny', Principal: '*', Action: 'ecr:*', ...Resource },
        Condition: { StringEquals: { 'aws:ResourceTag/secret': 'yes' } },
      },
    ],
  })

const policies = {
  'without policies': async () => {},
  'with policies about tags': async (store: Store, of: Registry) => {
    await store.registryPolicies.put(of, REGISTRY_POLICY, { text: aboutTags({ Resource: '*' }) })
    await store.repositoryPolicies.put(of, repositoryName, { text: aboutTags() })
  },
}

/** Marks the cached image as imported by a rule a moment ago: its tag is not due for a check. */
async function pullThrough(store: Store, time: Date) {
  const rule = { ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io', createdAt: 0, updatedAt: 0 }
  await store.rules.put(registry, rule.ecrRepositoryPrefix, rule)
  const upstream = { checkedAt: time.getTime() }
  await store.tags.update(registry, keyOf(cached, tag), (pushed) => ({ ...pushed, upstream }))
}

async function stockedControlPlane() {
  const counted = await openStore()
  const { store } = counted
  const emulator = await startEmulator({ store, clock: clockOn(store, now) })
  await createRepository(emulator.ecr, repositoryName)
  await createRepository(emulator.ecr, 'team/other')
  await createRepository(emulator.ecr, cached)
  const image = await pushImage(emulator.ecr, repositoryName, { imageTag: tag })
  const other = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v2', layer: 'another' })
  await pushIndex(emulator.ecr, repositoryName, [image, other], index)
  await pushImage(emulator.ecr, cached, { imageTag: tag })
  await pullThrough(store, now)
  const layer = await pushLayer(emulator.ecr, repositoryName, 'a layer')
  const backfillId = await startBackgroundWork(emulator.ecr)
  const close = async () => {
    await emulator[Symbol.asyncDispose]()
    await store.close()
  }
  return { ...emulator, ...counted, image, layer, backfillId, [Symbol.asyncDispose]: close }
}

/** Begins what the background would do: a preview, a scan and a backfill, whose id is returned. */
async function startBackgroundWork(ecr: sdk.ECRClient): Promise<string | undefined> {
  const selection = { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 10 }
  const lifecyclePolicyText = JSON.stringify({ rules: [{ rulePriority: 1, selection, action: { type: 'expire' } }] })
  await ecr.send(new sdk.PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))
  await ecr.send(new sdk.StartLifecyclePolicyPreviewCommand({ repositoryName }))
  await ecr.send(new sdk.StartImageScanCommand({ repositoryName, imageId: { imageTag: tag } }))
  const destination = { region: 'eu-west-1', registryId: account }
  const rules = [{ destinations: [destination] }]
  await ecr.send(new sdk.PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }))
  return (await ecr.send(new sdk.StartReplicationBackfillCommand({ destination }))).replicationBackfillId
}

async function stockedDataPlane() {
  const counted = await openStore()
  const { store } = counted
  const plane = await startRegistry({ store, clock: clockOn(store, startedAt) })
  for (const name of [repositoryName, cached]) {
    await plane.createRepository(name)
    await plane.push(name, { tag })
  }
  await pullThrough(store, startedAt)
  const image = await plane.push(repositoryName, { tag: 'v2', seed: 'another' })
  const close = async () => {
    await plane[Symbol.asyncDispose]()
    await store.close()
  }
  return { ...plane, ...counted, image, layer: image.layers[0] ?? '', [Symbol.asyncDispose]: close }
}

type DataPlane = Awaited<ReturnType<typeof stockedDataPlane>>
type ControlPlane = Awaited<ReturnType<typeof stockedControlPlane>>

/** Every operation that reads, in each form that reads something different. */
const reads: Record<string, (plane: ControlPlane) => Promise<unknown>> = {
  'DescribeRepositories, a page': ({ ecr }) => ecr.send(new sdk.DescribeRepositoriesCommand({ maxResults: 1 })),
  'DescribeRepositories by name': ({ ecr }) =>
    ecr.send(new sdk.DescribeRepositoriesCommand({ repositoryNames: [repositoryName, 'team/other'] })),
  'DescribeImages, a page with an index': ({ ecr }) => ecr.send(new sdk.DescribeImagesCommand({ repositoryName })),
  'DescribeImages by tag, of an index': ({ ecr }) =>
    ecr.send(new sdk.DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: index }] })),
  'DescribeImages by digest': ({ ecr, image: { digest } }) =>
    ecr.send(new sdk.DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest: digest }] })),
  'ListImages, a page': ({ ecr }) =>
    ecr.send(new sdk.ListImagesCommand({ repositoryName, filter: { tagStatus: 'TAGGED' } })),
  'ListImages, a page that begins within an image': ({ ecr, image: { digest } }) => {
    const nextToken = Buffer.from(`ListImages ${repositoryName} ${repositoryName} ${digest} a`).toString('base64url')
    return ecr.send(new sdk.ListImagesCommand({ repositoryName, nextToken }))
  },
  'ListImageReferrers of a pushed image': ({ ecr, image: { digest: imageDigest } }) =>
    ecr.send(new sdk.ListImageReferrersCommand({ repositoryName, subjectId: { imageDigest } })),
  'BatchGetImage by tag and by digest': ({ ecr, image: { digest } }) => {
    const imageIds = [{ imageTag: tag }, { imageTag: 'v2' }, { imageDigest: digest }]
    return ecr.send(new sdk.BatchGetImageCommand({ repositoryName, imageIds }))
  },
  'BatchGetImage of what a rule brought': ({ ecr }) =>
    ecr.send(new sdk.BatchGetImageCommand({ repositoryName: cached, imageIds: [{ imageTag: tag }] })),
  BatchCheckLayerAvailability: ({ ecr, layer: { digest } }) =>
    ecr.send(new sdk.BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [digest] })),
  GetDownloadUrlForLayer: ({ ecr, layer: { digest } }) =>
    ecr.send(new sdk.GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: digest })),
  'DescribeImageSigningStatus by tag': ({ ecr }) =>
    ecr.send(new sdk.DescribeImageSigningStatusCommand({ repositoryName, imageId: { imageTag: tag } })),
  'DescribeImageSigningStatus by digest': ({ ecr, image: { digest } }) =>
    ecr.send(new sdk.DescribeImageSigningStatusCommand({ repositoryName, imageId: { imageDigest: digest } })),
  'DescribeImageReplicationStatus by tag': ({ ecr }) =>
    ecr.send(new sdk.DescribeImageReplicationStatusCommand({ repositoryName, imageId: { imageTag: tag } })),
  'DescribeImageScanFindings by tag': ({ ecr }) =>
    ecr.send(new sdk.DescribeImageScanFindingsCommand({ repositoryName, imageId: { imageTag: tag } })),
  BatchGetRepositoryScanningConfiguration: ({ ecr }) =>
    ecr.send(
      new sdk.BatchGetRepositoryScanningConfigurationCommand({ repositoryNames: [repositoryName, 'team/other'] }),
    ),
  GetRegistryScanningConfiguration: ({ ecr }) => ecr.send(new sdk.GetRegistryScanningConfigurationCommand({})),
  GetLifecyclePolicy: ({ ecr }) => ecr.send(new sdk.GetLifecyclePolicyCommand({ repositoryName })),
  GetLifecyclePolicyPreview: ({ ecr }) => ecr.send(new sdk.GetLifecyclePolicyPreviewCommand({ repositoryName })),
  'GetLifecyclePolicyPreview by tag': ({ ecr }) =>
    ecr.send(new sdk.GetLifecyclePolicyPreviewCommand({ repositoryName, imageIds: [{ imageTag: tag }] })),
  'ListReplicationBackfills, a page': ({ ecr }) => ecr.send(new sdk.ListReplicationBackfillsCommand({})),
  DescribeReplicationBackfillResults: ({ ecr, backfillId }) =>
    ecr.send(new sdk.DescribeReplicationBackfillResultsCommand({ replicationBackfillId: backfillId })),
  GetSigningConfiguration: ({ ecr }) => ecr.send(new sdk.GetSigningConfigurationCommand({})),
  'ListPullTimeUpdateExclusions, a page': ({ ecr }) => ecr.send(new sdk.ListPullTimeUpdateExclusionsCommand({})),
  GetRepositoryPolicy: ({ ecr }) => ecr.send(new sdk.GetRepositoryPolicyCommand({ repositoryName })),
  GetRegistryPolicy: ({ ecr }) => ecr.send(new sdk.GetRegistryPolicyCommand({})),
  GetAccountSetting: ({ ecr }) => ecr.send(new sdk.GetAccountSettingCommand({ name: 'REGISTRY_POLICY_SCOPE' })),
  GetAuthorizationToken: ({ ecr }) => ecr.send(new sdk.GetAuthorizationTokenCommand({})),
  DescribeRegistry: ({ ecr }) => ecr.send(new sdk.DescribeRegistryCommand({})),
  'DescribePullThroughCacheRules, a page': ({ ecr }) => ecr.send(new sdk.DescribePullThroughCacheRulesCommand({})),
  'DescribePullThroughCacheRules by prefix': ({ ecr }) =>
    ecr.send(new sdk.DescribePullThroughCacheRulesCommand({ ecrRepositoryPrefixes: ['quay'] })),
  'DescribeRepositoryCreationTemplates, a page': ({ ecr }) =>
    ecr.send(new sdk.DescribeRepositoryCreationTemplatesCommand({})),
  'DescribeRepositoryCreationTemplates by prefix': ({ ecr }) =>
    ecr.send(new sdk.DescribeRepositoryCreationTemplatesCommand({ prefixes: ['quay', 'ROOT'] })),
  ListTagsForResource: ({ ecr }) =>
    ecr.send(new sdk.ListTagsForResourceCommand({ resourceArn: repositoryArn(registry, repositoryName) })),
}

describe.each(Object.entries(policies))('store round trips of the control plane %s', (_, givePolicies) => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await stockedControlPlane()
    await givePolicies(plane.store, registry)
  })
  afterAll(() => plane[Symbol.asyncDispose]())

  it.each(bounded(reads))(
    'The control plane waits for the store at most %i times for %s, however answers arrive',
    async (trips, _name, read) => {
      const call = () =>
        read(plane).catch((error: Error) => expect(error.name).toMatch(/PolicyNotFound|SigningConfigurationNotFound/))
      await plane.settled(call)

      expect(await plane.count(() => inPieces(call))).toBeLessThanOrEqual(trips)
    },
  )
})

/** Every request that pulls or lists. */
const requests: Record<string, (plane: DataPlane) => readonly [method: string, path: string]> = {
  'a manifest by tag': () => ['GET', `/v2/${repositoryName}/manifests/${tag}`],
  'a manifest by digest': ({ image }) => ['GET', `/v2/${repositoryName}/manifests/${image.digest}`],
  'the head of a manifest': () => ['HEAD', `/v2/${repositoryName}/manifests/${tag}`],
  'a manifest that a rule brought, by tag': () => ['GET', `/v2/${cached}/manifests/${tag}`],
  'a layer': ({ layer }) => ['GET', `/v2/${repositoryName}/blobs/${layer}`],
  'a layer, its digest encoded': ({ layer }) => ['GET', `/v2/${repositoryName}/blobs/${encodeURIComponent(layer)}`],
  'the head of a layer': ({ layer }) => ['HEAD', `/v2/${repositoryName}/blobs/${layer}`],
  'a layer by its download URL': ({ layer, deps }) => {
    const url = downloadUrl('', { registry, repository: repositoryName, digest: layer }, startedAt, deps.secret)
    return ['GET', url]
  },
  'a page of tags': () => ['GET', `/v2/${repositoryName}/tags/list`],
  'a page of repositories': () => ['GET', '/v2/_catalog'],
  'a login': () => ['GET', '/v2/'],
}

describe.each(Object.entries(policies))('store round trips of the data plane %s', (_, givePolicies) => {
  let plane: DataPlane
  beforeAll(async () => {
    plane = await stockedDataPlane()
    await givePolicies(plane.store, registry)
  })
  afterAll(() => plane[Symbol.asyncDispose]())

  it.each(bounded(requests))(
    'The data plane waits for the store at most %i times for %s, however answers arrive',
    async (trips, _name, requestOf) => {
      const [method, path] = requestOf(plane)
      const ask = async () => expect((await plane.send(method, path)).status).toBe(200)
      await plane.settled(ask)

      expect(await plane.count(() => inPieces(ask))).toBeLessThanOrEqual(trips)
    },
  )
})

describe('store round trips of long sessions', () => {
  it('The first request with a token that refers to a stored session takes no more round trips than others', async () => {
    const counted = await openStore()
    const { store } = counted
    await using plane = await startRegistry({ store, clock: clockOn(store, startedAt), accounts: longSessionAccounts })
    const terms = { expiresAt: startedAt.getTime() + TOKEN_LIFETIME_MS }
    const [warm, first] = [longSession('warm'), longSession('first')]
    const logins = await Promise.all([warm, first].map((session) => loginOf(session, terms, plane.deps)))
    const [ofWarm = '', ofFirst = ''] = logins
    const ask = async (authorization: string) =>
      expect((await plane.send('GET', '/v2/_catalog', { headers: { authorization } })).status).toBe(403)
    await counted.settled(() => ask(ofWarm))

    expect(await counted.count(() => inPieces(() => ask(ofFirst)))).toBeLessThanOrEqual(2)
    await store.close()
  })
})

describe('reading operations', () => {
  it('Every reading operation has its round trips counted in this spec', () => {
    const counted = new Set(Object.keys(reads).map((name) => name.split(/[ ,]/, 1)[0]))
    const reading = Object.keys(operations).filter((name) => /^(Describe|Get|List|BatchGet|BatchCheck)/.test(name))
    expect([...counted].sort()).toEqual(reading.sort())
  })
})
