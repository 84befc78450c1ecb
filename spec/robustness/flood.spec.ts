import { CreateRepositoryCommand, DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { emulatorProcess } from '../support/emulator-process.js'
import { flood } from '../support/flood.js'
import { authorizationToken, ecrClient, registryClient } from '../support/registry-client.js'
import { digestOf, makeImage } from '../support/upstream-content.js'

const repository = 'team/app'
const FLOOD_MS = Number(process.env.ECR_LOCAL_SOAK_SECONDS ?? 10) * 1000

/** The most memory that a process with both planes may use under the default limits. Capacity planning relies on it. */
const MAX_RESIDENT_MiB = 1024

/** The peak memory of a process. */
async function peakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

it('A flood of requests leaves other clients answered correctly and memory bounded', async () => {
  await using emulator = await emulatorProcess()
  const ecr = ecrClient(emulator)
  await ecr.send(new CreateRepositoryCommand({ repositoryName: repository }))
  const authorization = await authorizationToken(ecr)
  const client = registryClient(emulator, authorization)
  const { image, blobs } = makeImage({ layers: 1, layerSize: 100_000 })
  for (const blob of blobs) await client.pushBlob(repository, blob)
  await client.pushManifest(repository, 'latest', image.bytes)

  let answered = 0
  const behave = async () => {
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories).toMatchObject([{ repositoryName: repository }])
    for (const path of ['manifests/latest', `blobs/${image.layers[0]}`]) {
      const { status, body } = await client.get(`${repository}/${path}`)
      expect(status).toBe(200)
      expect(path.endsWith(digestOf(body)) || digestOf(body) === image.digest).toBe(true)
    }
    answered += 3
  }
  const target = { ...emulator, repository, authorization: `Basic ${authorization}`, connections: 10_000 }
  const sent: Record<string, number> = {}
  {
    await using waters = await flood(target)
    const until = performance.now() + FLOOD_MS
    while (performance.now() < until || Object.keys(waters.sent).length < 7) await behave()
    Object.assign(sent, waters.sent)
  }
  const peak = await peakMiB(emulator.process.pid)
  console.info(
    `A flood of ${JSON.stringify(sent)}: ${answered} requests of others answered, ${peak.toFixed(0)} MiB at most`,
  )
  expect(peak).toBeLessThan(MAX_RESIDENT_MiB)
  await behave()
  expect(emulator.process.lines.filter((line) => line.includes('failed unexpectedly'))).toEqual([])
}, 240_000)
