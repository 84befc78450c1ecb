import {
  DescribeImageSigningStatusCommand,
  DescribeImagesCommand,
  type ECRClient,
  PutImageCommand,
  PutSigningConfigurationCommand,
  UpdateImageStorageClassCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it, vi } from 'vitest'
import { emulatorProcess, type EmulatorProcess } from '../support/emulator-process.js'
import { createRepository, imageManifest, sha256 } from '../support/push.js'
import { authorizationToken, ecrClient, registryClient } from '../support/registry-client.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const repositoryName = 'team/app'
const imageId = { imageTag: 'v1' }
const config = { images: { verifyLayers: false } }
const blob = (content: string) => ({ digest: sha256(content), size: content.length })

const statusOf = async (ecr: ECRClient) =>
  (await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [imageId] }))).imageDetails?.[0]?.imageStatus

async function storageClassEvents({ endpoint }: EmulatorProcess): Promise<unknown[]> {
  const answer = await fetch(`${endpoint}/_admin/events`)
  const { events } = (await answer.json()) as { events: { detail: Record<string, unknown> }[] }
  return events.flatMap(({ detail }) => detail['target-storage-class'] ?? [])
}

const pull = async (emulator: EmulatorProcess, ecr: ECRClient) =>
  (await registryClient(emulator, await authorizationToken(ecr)).get(`${repositoryName}/manifests/v1`)).status

describe('archive of the program', () => {
  it('A restoration that a killed process began is complete in the next one, with its event', async () => {
    await using directory = await temporaryDirectory()
    const dataDir = `${directory.path}/data`
    await using first = await emulatorProcess({ config, dataDir })
    const ecr = ecrClient(first)
    await createRepository(ecr, repositoryName)
    const rules = [{ signingProfileArn: 'arn:aws:signer:us-east-1:000000000000:/signing-profiles/team' }]
    await ecr.send(new PutSigningConfigurationCommand({ signingConfiguration: { rules } }))
    const manifest = imageManifest(blob('config'), [blob('layer')])
    await ecr.send(new PutImageCommand({ repositoryName, imageManifest: manifest, imageTag: 'v1' }))
    const update = { repositoryName, imageId }
    await ecr.send(new UpdateImageStorageClassCommand({ ...update, targetStorageClass: 'ARCHIVE' }))
    expect(await pull(first, ecr)).toBe(404)
    await ecr.send(new UpdateImageStorageClassCommand({ ...update, targetStorageClass: 'STANDARD' }))
    await first.stop('SIGKILL')

    await using second = await emulatorProcess({ config, dataDir })
    const again = ecrClient(second)
    expect(await statusOf(again)).toBe('ACTIVATING')
    await second.advanceClock(20 * 60)
    expect(await statusOf(again)).toBe('ACTIVE')
    expect(await pull(second, again)).toBe(200)
    await vi.waitFor(async () => expect(await storageClassEvents(second)).toEqual(['ARCHIVE', 'STANDARD']), 20_000)
    const signing = await again.send(new DescribeImageSigningStatusCommand({ repositoryName, imageId }))
    expect(signing.signingStatuses).toMatchObject([{ status: 'FAILED' }])
  })
})
