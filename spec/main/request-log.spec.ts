import { DescribeImagesCommand, type ECRClient } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { authorizationToken, ecrClient } from '../support/registry-client.js'
import { createRule } from '../support/rules.js'
import { status, wrongBytes } from '../support/upstream-faults.js'

let upstream: FaultyUpstream
let emulator: EmulatorProcess
let ecr: ECRClient

beforeAll(async () => {
  upstream = await faultyUpstream()
  emulator = await emulatorProcess({
    config: { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } },
    env: { ECR_LOCAL_LOG: 'debug' },
  })
  ecr = ecrClient(emulator)
  await ecr.send(createRule())
})
afterAll(async () => {
  await emulator[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** The log lines of a request, found by the id that its client received. */
const linesOf = (requestId: string | null | undefined) =>
  emulator.process.lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.requestId === requestId)

async function pull(path: string) {
  const authorization = `Basic ${await authorizationToken(ecr)}`
  const answer = await fetch(`http://${emulator.registry}/v2/${path}`, { headers: { authorization } })
  return { answered: answer.status, requestId: answer.headers.get('x-amzn-requestid') }
}

describe('request log', () => {
  it('The log has a line for every call under its request id', async () => {
    const { $metadata } = await ecr
      .send(new DescribeImagesCommand({ repositoryName: 'nowhere' }))
      .catch((error: unknown) => error as { $metadata: { requestId: string } })
    await expect
      .poll(() => linesOf($metadata.requestId))
      .toMatchObject([
        {
          operation: 'DescribeImages',
          outcome: 'RepositoryNotFoundException',
          status: 400,
          msg: 'answered',
          level: 20,
        },
      ])
  })

  it('The log records what a pull made the cache do under the request id of the pull', async () => {
    const image = upstream.addImage('team/app', { tag: 'v1', layers: 1, layerSize: 1000 })
    // A transfer that the upstream refuses with 403 is not retried for long.
    upstream.fault(`GET /v2/team/app/blobs/${image.layers[0]}`, status(403))
    const { answered, requestId } = await pull('ecr-public/team/app/manifests/v1')
    expect(answered).toBe(200)
    const messages = () => linesOf(requestId).map(({ msg }) => msg)
    // The layers are fetched while the answer is still being prepared, so it may come before or after what they meet.
    await expect.poll(messages).toContain('answered')
    await expect
      .poll(() => messages().filter((message) => message !== 'answered'))
      .toEqual([
        'ecr-public/team/app:v1 importing its layers',
        'an image could not be cached completely: its import stays planned',
        expect.stringMatching(/^ecr-public\/team\/app:v1 not imported completely yet: /),
      ])
  })

  it('The log has an info line for a request that failed through no fault of its client', async () => {
    upstream.fault('GET /v2/team/app/manifests/v2', wrongBytes())
    upstream.addImage('team/app', { tag: 'v2', seed: 'v2' })
    const { answered, requestId } = await pull('ecr-public/team/app/manifests/v2')
    expect(answered).toBe(503)
    await expect
      .poll(() => linesOf(requestId))
      .toContainEqual(
        expect.objectContaining({
          msg: 'answered',
          level: 30,
          operation: 'BatchGetImage',
          status: 503,
          outcome: 'UNAVAILABLE',
        }),
      )
  })
})
