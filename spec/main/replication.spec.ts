import {
  CreateRepositoryCommand,
  DescribeImageReplicationStatusCommand,
  DescribeImagesCommand,
  DescribeReplicationBackfillResultsCommand,
  ECRClient,
  PutImageCommand,
  StartReplicationBackfillCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { pushImage } from '../support/push.js'
import { authorizationToken, registryClient } from '../support/registry-client.js'
import { configureReplication } from '../support/replication.js'
import { createRule } from '../support/rules.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const ACCOUNT = '000000000000'
const destination = { region: 'eu-west-1', registryId: ACCOUNT }
const repositoryName = 'team/app'
const PATIENCE = { timeout: 60_000, interval: 100 }

const clientIn = (region: string, { endpoint }: EmulatorProcess) =>
  new ECRClient({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })

const statusOf = async (client: ECRClient, name: string, imageTag: string) => {
  const describeStatus = new DescribeImageReplicationStatusCommand({ repositoryName: name, imageId: { imageTag } })
  return (await client.send(describeStatus)).replicationStatuses
}

describe('replication by the program', () => {
  it('An image pushed in one Region can be pulled in another, and what is pulled through is replicated too', async () => {
    await using upstream = await faultyUpstream()
    const members = ['amd64', 'arm64'].map((seed) => upstream.addImage('team/base', { seed }))
    const index = upstream.addIndex('team/base', members, { tag: 'v1' })
    const config = { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } }
    await using emulator = await emulatorProcess({ config })
    const [here, there] = [clientIn('us-east-1', emulator), clientIn('eu-west-1', emulator)]
    await here.send(createRule())
    await configureReplication(here, [destination])
    await here.send(new CreateRepositoryCommand({ repositoryName }))
    const pushed = await pushImage(here, repositoryName, { imageTag: 'v1' })
    const puller = registryClient(emulator, await authorizationToken(here))
    expect((await puller.get('ecr-public/team/base/manifests/v1')).status).toBe(200)

    const complete = [{ ...destination, status: 'COMPLETE' }]
    await expect.poll(() => statusOf(here, repositoryName, 'v1'), PATIENCE).toEqual(complete)
    await expect.poll(() => statusOf(here, 'ecr-public/team/base', 'v1'), PATIENCE).toEqual(complete)
    const imagesIn = async (name: string) =>
      (await there.send(new DescribeImagesCommand({ repositoryName: name }))).imageDetails ?? []
    expect(await imagesIn(repositoryName)).toMatchObject([{ imageDigest: pushed.digest, imageTags: ['v1'] }])
    const digests = (await imagesIn('ecr-public/team/base')).map(({ imageDigest }) => imageDigest)
    expect(digests.sort()).toEqual([index.digest, ...members.map(({ digest }) => digest)].sort())
  })

  it('Of two processes on one store, one is killed in the middle of a backfill, and the other completes it', async () => {
    await using data = await temporaryDirectory()
    await using first = await emulatorProcess({ dataDir: data.path })
    await using second = await emulatorProcess({ dataDir: data.path })
    const client = clientIn('us-east-1', first)
    await client.send(new CreateRepositoryCommand({ repositoryName }))
    const { manifest } = await pushImage(client, repositoryName, { imageTag: 'tag-0' })
    const TAGS = 150
    for (let tag = 1; tag < TAGS; tag++)
      await client.send(new PutImageCommand({ repositoryName, imageManifest: manifest, imageTag: `tag-${tag}` }))
    await configureReplication(client, [destination])
    const { replicationBackfillId = '' } = await client.send(new StartReplicationBackfillCommand({ destination }))

    const other = clientIn('us-east-1', second)
    const described = () =>
      other.send(new DescribeReplicationBackfillResultsCommand({ replicationBackfillId, maxResults: 1000 }))
    const completed = async () => (await described()).progress?.completedReplicationCount ?? 0
    await expect.poll(completed, { ...PATIENCE, interval: 10 }).toBeGreaterThan(0)
    await first.stop('SIGKILL')
    const atDeath = await completed()
    expect(atDeath, 'The backfill was over before the process was killed').toBeLessThan(TAGS)

    await expect.poll(async () => (await described()).status, PATIENCE).toBe('COMPLETE')
    const { progress, results = [] } = await described()
    expect(progress).toMatchObject({ totalReplicationCount: TAGS, completedReplicationCount: TAGS })
    expect(new Set(results.map(({ imageId, status }) => `${imageId?.imageTag} ${status}`)).size).toBe(TAGS)
    const there = clientIn('eu-west-1', second)
    const { imageDetails = [] } = await there.send(new DescribeImagesCommand({ repositoryName }))
    expect(imageDetails.map(({ imageTags }) => imageTags?.length)).toEqual([TAGS])
  })
})
