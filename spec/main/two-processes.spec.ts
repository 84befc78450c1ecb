import {
  BatchGetImageCommand,
  DescribeImagesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr'
import aws4 from 'aws4'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BackgroundProcess, startProcess } from '../support/background-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { createRule } from '../support/rules.js'
import { neutralEnvironment } from '../support/run-command.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const main = fileURLToPath(new URL('../../dist/ecr-local.cjs', import.meta.url))
const repositoryName = 'ecr-public/team/app'
const imageIds = [{ imageTag: 'v1' }]

let upstream: FaultyUpstream
let planes: BackgroundProcess[]
let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let ecr: ECRClient
let endpoint: string
let registry: string

beforeAll(async () => {
  upstream = await faultyUpstream()
  directory = await temporaryDirectory()
  const config = join(directory.path, 'ecr-local.json')
  await writeFile(config, JSON.stringify({ upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } }))
  const registryPort = String(await freePort())
  const flags = ['--config', config, '--data-dir', join(directory.path, 'data'), '--registry-port', registryPort]
  const start = (plane: string, ...more: string[]) =>
    startProcess(process.execPath, [main, plane, ...flags, ...more], {
      ready: /"msg":"ready"/,
      env: { ...neutralEnvironment(), ECR_LOCAL_SECRET: 'both planes hold this secret of theirs' },
    })
  planes = [await start('data-plane'), await start('control-plane', '--port', '0')]
  ;({ endpoint, registry } = JSON.parse(planes[1]!.readyLine) as { endpoint: string; registry: string })
  ecr = new ECRClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  await ecr.send(createRule())
})

afterAll(async () => {
  await Promise.all(planes.map((plane) => plane.stop()))
  await upstream.close()
  await directory[Symbol.asyncDispose]()
})

describe('control plane and data plane of one data directory', () => {
  it('The API answers with an image that the data plane in another process imported', async () => {
    const image = upstream.addImage('team/app', { tag: 'v1' })
    const { images } = await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds }))
    expect(images?.[0]).toMatchObject({ imageId: { imageDigest: image.digest }, imageManifest: image.bytes.toString() })
  })

  it('A forced refresh by the API answers once the data plane has imported the image with its blobs', async () => {
    const newer = upstream.addImage('team/app', { tag: 'v1', seed: 'newer' })
    const body = JSON.stringify({ repositoryName, imageIds })
    const answer = (await callOurs('BatchImportUpstreamImage', body)) as {
      images: { imageId: { imageDigest: string } }[]
    }
    expect(answer.images[0]?.imageId.imageDigest).toBe(newer.digest)
    for (const layer of newer.layers) expect(upstream.count(`GET /v2/team/app/blobs/${layer}`)).toBe(1)
  })

  it('The API returns the failures of an import in a data plane of another process', async () => {
    const answer = await callOurs(
      'BatchImportUpstreamImage',
      JSON.stringify({ repositoryName, imageIds: [{ imageTag: 'none' }] }),
    )
    expect(answer).toMatchObject({ images: [], failures: [{ failureCode: 'ImageNotFound' }] })
    const missing = new BatchGetImageCommand({ repositoryName: 'other/app', imageIds })
    await expect(ecr.send(missing)).rejects.toMatchObject({ name: 'RepositoryNotFoundException' })
  })

  it('A control plane and a data plane in two processes share their clock, tokens and state', async () => {
    const headers = { 'content-type': 'application/json' }
    await request(`${endpoint}/_admin/clock`, { method: 'POST', headers, body: '{"advanceSeconds":86400}' })
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}))
    const newest = upstream.addImage('team/app', { tag: 'v1', seed: 'newest' })
    const pulled = await request(`http://${registry}/v2/${repositoryName}/manifests/v1`, {
      headers: { authorization: `Basic ${authorizationData![0]!.authorizationToken}` },
    })
    expect(pulled.headers['docker-content-digest']).toBe(newest.digest)
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds }))
    expect(imageDetails?.[0]?.imageDigest).toBe(newest.digest)
  })

  it('A data plane refuses an import that is not signed for the installation', async () => {
    const body = JSON.stringify({ method: 'pull', wanted: {} })
    const forged = await request(`http://${registry}/_imports`, {
      method: 'POST',
      body,
    })
    expect(forged.statusCode).toBe(403)
  })
})

/** Calls an operation of ours that the SDK does not know, signed like any other. */
async function callOurs(operation: string, body: string): Promise<unknown> {
  const { host } = new URL(endpoint)
  const headers = {
    ...{ host, 'content-type': 'application/x-amz-json-1.1' },
    'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}`,
  }
  const options = { host, method: 'POST', path: '/', service: 'ecr', region: 'us-east-1', headers, body }
  const signed = aws4.sign(options, { accessKeyId: 'test', secretAccessKey: 'test' }).headers as Record<string, string>
  return (await request(`${endpoint}/`, { method: 'POST', headers: signed, body })).body.json()
}

/** A free port: the control plane must know the port of the data plane before it listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
