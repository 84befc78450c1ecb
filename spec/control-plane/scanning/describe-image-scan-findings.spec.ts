import {
  BatchDeleteImageCommand,
  DeleteRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  type ECRClient,
  paginateDescribeImageScanFindings,
  PutRegistryScanningConfigurationCommand,
  StartImageScanCommand,
  waitUntilImageScanComplete,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import type { Scanner } from '../../../src/registry/ports/scanner.js'
import { keyOf } from '../../../src/registry/ports/store.js'
import type { Finding } from '../../../src/registry/scanning/finding.js'
import { account, now, region, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage } from '../../support/push.js'
import { finding, runScans, scannerFinding, scannerWith } from '../../support/scanning.js'

const registry = { account, region }
const image = { repositoryName: 'app', imageId: { imageTag: 'v1' } }

async function emulatorWithImage() {
  const emulator = await startEmulator()
  await createRepository(emulator.ecr, 'app')
  return { ...emulator, image: await pushImage(emulator.ecr, 'app', { imageTag: 'v1' }) }
}

/** Scans `app:v1` as a user does. */
async function scan(emulator: Awaited<ReturnType<typeof emulatorWithImage>>, scanner: Scanner) {
  await emulator.ecr.send(new StartImageScanCommand(image))
  await runScans(emulator, scanner)
}

const findingsOf = async (ecr: ECRClient, request: object = {}) => {
  const { $metadata, ...answer } = await ecr.send(new DescribeImageScanFindingsCommand({ ...image, ...request }))
  expect($metadata.httpStatusCode).toBe(200)
  return answer
}

/** Many findings, in the order opposite to that of the answer. */
const many = (count: number): Finding[] =>
  Array.from({ length: count }, (_, i) => ({ name: `CVE-2026-${i}`, severity: i % 2 === 0 ? 'LOW' : 'HIGH' }))

describe('DescribeImageScanFindings', () => {
  it('The findings of a basic scan have the service’s shape', async () => {
    await using emulator = await emulatorWithImage()
    await scan(emulator, scannerFinding([finding]))

    expect(await findingsOf(emulator.ecr)).toEqual({
      registryId: account,
      repositoryName: 'app',
      imageId: { imageDigest: emulator.image.digest, imageTag: 'v1' },
      imageScanStatus: { status: 'COMPLETE', description: 'The scan was completed successfully.' },
      imageScanFindings: {
        imageScanCompletedAt: now,
        vulnerabilitySourceUpdatedAt: new Date('2026-01-01T00:00:00Z'),
        findingSeverityCounts: { MEDIUM: 1 },
        findings: [
          {
            name: 'CVE-2019-5188',
            description: finding.description,
            uri: 'http://people.ubuntu.com/~ubuntu-security/cve/CVE-2019-5188',
            severity: 'MEDIUM',
            attributes: [
              { key: 'package_version', value: '1.44.1-1ubuntu1.1' },
              { key: 'package_name', value: 'e2fsprogs' },
              { key: 'CVSS2_VECTOR', value: 'AV:L/AC:L/Au:N/C:P/I:P/A:P' },
              { key: 'CVSS2_SCORE', value: '4.6' },
            ],
          },
        ],
      },
    })
  })

  it('Findings come in pages, the most severe first, and the counts are those of all', async () => {
    await using emulator = await emulatorWithImage()
    await scan(emulator, scannerFinding(many(250)))

    const first = await findingsOf(emulator.ecr)
    expect(first.imageScanFindings?.findings).toHaveLength(100)
    expect(first.imageScanFindings?.findingSeverityCounts).toEqual({ HIGH: 125, LOW: 125 })
    const names: (string | undefined)[] = []
    const severities: (string | undefined)[] = []
    for await (const page of paginateDescribeImageScanFindings({ client: emulator.ecr, pageSize: 70 }, { ...image }))
      for (const { name, severity } of page.imageScanFindings?.findings ?? []) {
        names.push(name)
        severities.push(severity)
      }
    expect(new Set(names).size).toBe(250)
    expect(severities).toEqual([
      ...Array.from({ length: 125 }, () => 'HIGH'),
      ...Array.from({ length: 125 }, () => 'LOW'),
    ])
    expect((await findingsOf(emulator.ecr, { maxResults: 250 })).nextToken).toBeUndefined()
  })

  it('The SDK’s waiter waits for the scan and fails for a scan that failed', async () => {
    await using emulator = await emulatorWithImage()
    const { ecr } = emulator
    await ecr.send(new StartImageScanCommand(image))
    const waiting = waitUntilImageScanComplete({ client: ecr, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, image)
    await runScans(emulator)
    expect((await waiting).state).toBe('SUCCESS')

    await emulator.deps.clock.advance(86_400)
    await scan(emulator, scannerWith({ outcome: 'failed', description: 'The scanner said no.' }))
    expect((await findingsOf(ecr)).imageScanStatus).toEqual({ status: 'FAILED', description: 'The scanner said no.' })
    await expect(waitUntilImageScanComplete({ client: ecr, maxWaitTime: 20 }, image)).rejects.toThrow('FAILED')
  })

  it('An image whose system is not supported has no findings', async () => {
    await using emulator = await emulatorWithImage()
    const description = 'UnsupportedImageError: The operating system and/or package manager are not supported.'
    await scan(emulator, scannerWith({ outcome: 'unsupported', description }))
    const { imageScanStatus, imageScanFindings } = await findingsOf(emulator.ecr)
    expect(imageScanStatus).toEqual({ status: 'UNSUPPORTED_IMAGE', description })
    expect(imageScanFindings).toBeUndefined()
  })

  it('DescribeImages shows nothing of a basic scan', async () => {
    await using emulator = await emulatorWithImage()
    await scan(emulator, scannerFinding([finding]))
    const { imageDetails = [] } = await emulator.ecr.send(new DescribeImagesCommand({ repositoryName: 'app' }))
    expect(imageDetails[0]).not.toHaveProperty('imageScanStatus')
    expect(imageDetails[0]).not.toHaveProperty('imageScanFindingsSummary')
  })

  it('An image without a scan is refused with ScanNotFoundException', async () => {
    await using emulator = await emulatorWithImage()
    const { digest } = emulator.image
    const message = (tag: string) =>
      `Image scan does not exist for the image with '{imageDigest:'${digest}', imageTag:'${tag}'}' in the repository with name 'app' in the registry with id '${account}'`
    await expect(findingsOf(emulator.ecr)).rejects.toMatchObject({
      name: 'ScanNotFoundException',
      message: message('v1'),
    })
    await expect(findingsOf(emulator.ecr, { imageId: { imageDigest: digest } })).rejects.toMatchObject({
      message: message('null'),
    })
  })

  it('A repository, an image, a token and a page size that do not exist are refused', async () => {
    await using emulator = await emulatorWithImage()
    await scan(emulator, scannerFinding([finding]))
    await expect(findingsOf(emulator.ecr, { repositoryName: 'none' })).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
    })
    await expect(findingsOf(emulator.ecr, { imageId: { imageTag: 'none' } })).rejects.toMatchObject({
      name: 'ImageNotFoundException',
    })
    for (const nextToken of ['nonsense', Buffer.from('after:app').toString('base64url')])
      await expect(findingsOf(emulator.ecr, { nextToken })).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'",
      })
    await expect(findingsOf(emulator.ecr, { maxResults: 1001 })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'",
    })
  })

  it('The records of a scan are deleted with the image', async () => {
    await using emulator = await emulatorWithImage()
    const { ecr, deps, image: pushed } = emulator
    await scan(emulator, scannerFinding([finding]))
    const key = keyOf('app', pushed.digest)
    expect(await deps.store.imageFindings.get(registry, key)).toBeDefined()
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'v1' }] }))
    expect(await deps.store.imageScans.get(registry, key)).toBeUndefined()
    expect(await deps.store.imageFindings.get(registry, key)).toBeUndefined()
  })

  it('The records of scans are deleted with the repository', async () => {
    await using emulator = await emulatorWithImage()
    const { ecr, deps, image: pushed } = emulator
    await scan(emulator, scannerFinding([finding]))
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'app', force: true }))
    expect(await deps.store.imageScans.get(registry, keyOf('app', pushed.digest))).toBeUndefined()
    expect(await deps.store.imageFindings.get(registry, keyOf('app', pushed.digest))).toBeUndefined()
  })

  it('Each scan type has scans of its own, which are shown again when the registry returns to it', async () => {
    await using emulator = await emulatorWithImage()
    const { ecr } = emulator
    await scan(emulator, scannerFinding([finding]))
    await ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'ENHANCED', rules: [] }))
    await expect(findingsOf(ecr)).rejects.toMatchObject({ name: 'ScanNotFoundException' })
    await ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'BASIC', rules: [] }))
    expect((await findingsOf(ecr)).imageScanFindings?.findings).toHaveLength(1)
  })
})
