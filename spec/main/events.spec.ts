import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { emulatorProcess } from '../support/emulator-process.js'
import { eventBridgeServer } from '../support/eventbridge-server.js'
import { pushImage } from '../support/push.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
const clientOf = (endpoint: string) =>
  new ECRClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
const createRepository = (ecr: ECRClient) => ecr.send(new CreateRepositoryCommand({ repositoryName: 'app' }))

describe('events of a running emulator', { timeout: 60_000 }, () => {
  it('Each push reaches the file and EventBridge', async () => {
    await using directory = await temporaryDirectory()
    await using bus = await eventBridgeServer()
    const eventsFile = join(directory.path, 'events.ndjson')
    await using emulator = await emulatorProcess({
      config: { eventsFile },
      env: { ...credentials, AWS_ENDPOINT_URL_EVENTS: bus.endpoint },
    })
    const ecr = clientOf(emulator.endpoint)
    await createRepository(ecr)
    const { digest } = await pushImage(ecr, 'app', { imageTag: 'v1' })

    const detail = { 'action-type': 'PUSH', 'repository-name': 'app', 'image-tag': 'v1', 'image-digest': digest }
    await expect
      .poll(async () => JSON.parse(await readFile(eventsFile, 'utf8').catch(() => '{}')) as object, { timeout: 20_000 })
      .toMatchObject({ 'detail-type': 'ECR Image Action', source: 'aws.ecr', region: 'us-east-1', detail })
    await expect.poll(() => bus.accepted.length, { timeout: 20_000 }).toBe(1)
    expect(JSON.parse(bus.accepted[0]!.Detail)).toMatchObject(detail)
  })

  it('Events of a process that is killed while EventBridge is down arrive after the next start', async () => {
    await using directory = await temporaryDirectory()
    await using bus = await eventBridgeServer()
    bus.outage = 503
    const dataDir = join(directory.path, 'data')
    const env = { ...credentials, AWS_ENDPOINT_URL_EVENTS: bus.endpoint }
    const tags = ['v1', 'v2', 'v3']
    {
      await using emulator = await emulatorProcess({ dataDir, env })
      const ecr = clientOf(emulator.endpoint)
      await createRepository(ecr)
      for (const imageTag of tags) await pushImage(ecr, 'app', { imageTag })
      await emulator.stop('SIGKILL')
    }

    bus.outage = undefined
    await using emulator = await emulatorProcess({ dataDir, env })
    const arrived = () => new Set(bus.accepted.map(({ Detail }) => (JSON.parse(Detail) as Pushed)['image-tag']))
    await expect.poll(arrived, { timeout: 40_000 }).toEqual(new Set(tags))
    expect((await fetch(`${emulator.endpoint}/_admin/events`)).status).toBe(200)
  })

  it('A file that cannot be written holds up no request, and its events are written once it can be', async () => {
    await using directory = await temporaryDirectory()
    const folder = join(directory.path, 'events')
    const eventsFile = join(folder, 'events.ndjson')
    await mkdir(folder)
    await using emulator = await emulatorProcess({ config: { eventsFile } })
    await rm(folder, { recursive: true })
    const ecr = clientOf(emulator.endpoint)
    await createRepository(ecr)
    await pushImage(ecr, 'app', { imageTag: 'v1' })
    expect(await emulator.process.line(/ENOENT/)).toContain('events could not be delivered and are tried again')

    await mkdir(folder)
    const text = () => readFile(eventsFile, 'utf8').catch(() => '')
    await expect.poll(text, { timeout: 30_000 }).toContain('"image-tag":"v1"')
  })
})

interface Pushed {
  'image-tag': string
}
