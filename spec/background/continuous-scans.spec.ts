import {
  DescribeImageScanFindingsCommand,
  DescribeImagesCommand,
  PutRegistryScanningConfigurationCommand,
  type RegistryScanningRule,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { continuousScansTask } from '../../src/background/scanning/continuous-scans.js'
import type { Scanner } from '../../src/registry/ports/scanner.js'
import { changeStorageClass } from '../../src/registry/images/storage-class-change.js'
import { account, now, region, startEmulator } from '../support/emulator.js'
import { createRepository, pushImage, pushIndex } from '../support/push.js'
import { finding, runScans, scannerFinding, scanEvents, scanningRule } from '../support/scanning.js'

const registry = { account, region }
const uninterrupted = new AbortController().signal

async function emulatorWithImage(...rules: RegistryScanningRule[]) {
  const emulator = await startEmulator()
  const { ecr, deps } = emulator
  await createRepository(ecr, 'app')
  const image = await pushImage(ecr, 'app', { imageTag: 'v1' })
  await runScans(emulator)
  await ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'ENHANCED', rules }))

  let [findings, version] = [[finding], 'v1']
  const scanner: Scanner = {
    sourceVersion: async () => version,
    scan: (target, stopSignal) => scannerFinding(findings).scan(target, stopSignal),
  }
  const task = continuousScansTask({ ...deps, scanner })
  return {
    ...emulator,
    image,
    scanner,
    setSource: (newVersion: string, newFindings = findings) => ([version, findings] = [newVersion, newFindings]),
    /** Runs what the background does after a change. */
    async run() {
      await task.run(uninterrupted)
      await runScans(emulator, scanner)
    },
    findings: async () => {
      const command = new DescribeImageScanFindingsCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' } })
      const { imageScanStatus, imageScanFindings } = await ecr.send(command)
      return { imageScanStatus, imageScanFindings }
    },
    scans: async () => (await scanEvents(emulator)).length,
  }
}

const ACTIVE = { status: 'ACTIVE', description: 'Continuous scan is selected for image.' }

describe('continuous scanning', () => {
  it('Images that were there before are scanned, and have enhanced findings', async () => {
    await using emulator = await emulatorWithImage(scanningRule('CONTINUOUS_SCAN', '*'))
    await emulator.run()
    const { digest } = emulator.image
    expect(await emulator.findings()).toEqual({
      imageScanStatus: ACTIVE,
      imageScanFindings: {
        imageScanCompletedAt: now,
        vulnerabilitySourceUpdatedAt: new Date('2026-01-01T00:00:00Z'),
        findingSeverityCounts: { MEDIUM: 1 },
        enhancedFindings: [
          {
            awsAccountId: account,
            description: finding.description,
            findingArn: expect.stringMatching(/^arn:aws:inspector2:us-east-1:123456789012:finding\/[0-9a-f]{32}$/),
            firstObservedAt: now,
            lastObservedAt: now,
            packageVulnerabilityDetails: {
              cvss: [{ baseScore: 4.6, scoringVector: 'AV:L/AC:L/Au:N/C:P/I:P/A:P', version: '2.0' }],
              referenceUrls: [],
              relatedVulnerabilities: [],
              sourceUrl: 'http://people.ubuntu.com/~ubuntu-security/cve/CVE-2019-5188',
              vendorSeverity: 'MEDIUM',
              vulnerabilityId: 'CVE-2019-5188',
              vulnerablePackages: [{ name: 'e2fsprogs', version: '1.44.1-1ubuntu1.1' }],
            },
            remediation: { recommendation: { text: 'None Provided' } },
            resources: [
              {
                details: {
                  awsEcrContainerImage: {
                    imageHash: digest,
                    imageTags: ['v1'],
                    pushedAt: now,
                    registry: account,
                    repositoryName: 'app',
                  },
                },
                id: `arn:aws:ecr:us-east-1:${account}:repository/app/${digest}`,
                tags: {},
                type: 'AWS_ECR_CONTAINER_IMAGE',
              },
            ],
            score: 4.6,
            scoreDetails: {
              cvss: { adjustments: [], score: 4.6, scoringVector: 'AV:L/AC:L/Au:N/C:P/I:P/A:P', version: '2.0' },
            },
            severity: 'MEDIUM',
            status: 'ACTIVE',
            title: 'CVE-2019-5188 - e2fsprogs',
            type: 'PACKAGE_VULNERABILITY',
            updatedAt: now,
            fixAvailable: 'NO',
          },
        ],
      },
    })
  })

  it('A change of the source has images scanned again, and meanwhile the earlier result is shown', async () => {
    await using emulator = await emulatorWithImage(scanningRule('CONTINUOUS_SCAN', '*'))
    await emulator.run()
    await emulator.run()
    expect(await emulator.scans()).toBe(1)

    await emulator.deps.clock.advance(1)
    emulator.setSource('v2', [finding, { name: 'CVE-NEW', severity: 'CRITICAL' }])
    await continuousScansTask({ ...emulator.deps, scanner: emulator.scanner }).run(uninterrupted)
    expect((await emulator.findings()).imageScanStatus).toEqual(ACTIVE)
    await emulator.run()
    expect((await emulator.findings()).imageScanFindings?.findingSeverityCounts).toEqual({ CRITICAL: 1, MEDIUM: 1 })
    expect(await emulator.scans()).toBe(2)
  })

  it('A process that starts scans nothing that has a result of the present version', async () => {
    await using emulator = await emulatorWithImage(scanningRule('CONTINUOUS_SCAN', '*'))
    await emulator.run()
    await continuousScansTask({ ...emulator.deps, scanner: emulator.scanner }).run(uninterrupted)
    await runScans(emulator, emulator.scanner)
    expect(await emulator.scans()).toBe(1)
  })

  it('A repository that is scanned on push is not scanned again when the source changes', async () => {
    await using emulator = await emulatorWithImage(scanningRule('SCAN_ON_PUSH', '*'))
    await emulator.run()
    await expect(emulator.findings()).rejects.toMatchObject({ name: 'ScanNotFoundException' })
    await pushImage(emulator.ecr, 'app', { imageTag: 'v1', layer: 'a newer layer' })
    await emulator.run()
    expect((await emulator.findings()).imageScanStatus).toEqual({
      status: 'COMPLETE',
      description: 'The scan was completed successfully.',
    })
    emulator.setSource('v2')
    await emulator.run()
    expect(await emulator.scans()).toBe(1)
  })

  it('The status is PENDING until the first result', async () => {
    await using emulator = await emulatorWithImage(scanningRule('CONTINUOUS_SCAN', '*'))
    await continuousScansTask({ ...emulator.deps, scanner: emulator.scanner }).run(uninterrupted)
    expect(await emulator.findings()).toEqual({ imageScanStatus: { status: 'PENDING' }, imageScanFindings: undefined })
  })

  it('Indexes and archived images are not scanned', async () => {
    await using emulator = await emulatorWithImage(scanningRule('CONTINUOUS_SCAN', '*'))
    const { ecr, deps, image } = emulator
    const { digest: index } = await pushIndex(ecr, 'app', [image], 'index')
    for (const digest of [index, image.digest]) {
      const change = { repository: 'app', digest, target: { class: 'ARCHIVE' }, now, cause: 'request' } as const
      await changeStorageClass(deps, registry, change)
    }
    await pushIndex(ecr, 'app', [image], 'another')
    await emulator.run()
    expect(await emulator.scans()).toBe(0)
  })

  it('An archived image is scanned when it is restored', async () => {
    await using emulator = await emulatorWithImage(scanningRule('CONTINUOUS_SCAN', '*'))
    const change = { repository: 'app', digest: emulator.image.digest, now, cause: 'request' } as const
    const { deps } = emulator
    await changeStorageClass(deps, registry, { ...change, target: { class: 'ARCHIVE' } })
    await emulator.run()
    const activeFrom = now.getTime() + 60_000
    await changeStorageClass(deps, registry, { ...change, target: { class: 'STANDARD', activeFrom } })
    await deps.clock.advance(60)
    await emulator.run()
    expect((await emulator.findings()).imageScanStatus).toEqual(ACTIVE)
  })

  it('DescribeImages shows the status and the severity counts', async () => {
    await using emulator = await emulatorWithImage(scanningRule('CONTINUOUS_SCAN', '*'))
    const describeImages = async () =>
      (await emulator.ecr.send(new DescribeImagesCommand({ repositoryName: 'app' }))).imageDetails?.[0]
    expect(await describeImages()).not.toHaveProperty('imageScanStatus')
    await emulator.run()
    expect(await describeImages()).toMatchObject({
      imageScanStatus: ACTIVE,
      imageScanFindingsSummary: {
        imageScanCompletedAt: now,
        vulnerabilitySourceUpdatedAt: new Date('2026-01-01T00:00:00Z'),
        findingSeverityCounts: { MEDIUM: 1 },
      },
    })
  })

  it('An image that is pushed is scanned again without a limit of 24 hours', async () => {
    await using emulator = await emulatorWithImage(scanningRule('CONTINUOUS_SCAN', '*'))
    await emulator.run()
    await emulator.deps.clock.advance(60)
    await pushImage(emulator.ecr, 'app', { imageTag: 'v2' })
    await emulator.run()
    expect(await emulator.scans()).toBe(2)
  })
})
