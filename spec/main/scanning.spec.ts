import {
  DescribeImageScanFindingsCommand,
  ECRClient,
  PutRegistryScanningConfigurationCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { awsCli } from '../support/aws-cli.js'
import { awsCliNeeds, describeWith } from '../support/describe-with.js'
import { emulatorProcess } from '../support/emulator-process.js'
import { createRepository, pushImage } from '../support/push.js'
import { runCli } from '../support/run-cli.js'
import { scanningRule } from '../support/scanning.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { trivyStandIn } from '../support/trivy-stand-in.js'

const clientFor = (endpoint: string) =>
  new ECRClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })

const scanOf = (ecr: ECRClient) =>
  ecr.send(new DescribeImageScanFindingsCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' } }))

const settled = (ecr: ECRClient, status: string) =>
  vi.waitFor(async () => expect((await scanOf(ecr)).imageScanStatus?.status).toBe(status), {
    timeout: 30_000,
    interval: 100,
  })

/** A file of findings that gives every image one finding of this name. */
const fileWith = (name: string) => JSON.stringify({ images: [{ findings: [{ name, severity: 'HIGH' }] }] })

const findingNames = async (ecr: ECRClient) => {
  const { imageScanFindings: { findings, enhancedFindings } = {} } = await scanOf(ecr)
  return [...(findings ?? []).map(({ name }) => name), ...(enhancedFindings ?? []).map(({ title }) => title)]
}

describeWith(awsCliNeeds, 'image scanning with the AWS CLI', () => {
  it('aws ecr wait image-scan-complete waits for a scan on push with a file of findings', async () => {
    await using directory = await temporaryDirectory()
    const scanFindings = join(directory.path, 'findings.json')
    await writeFile(scanFindings, fileWith('CVE-1'))
    await using emulator = await emulatorProcess({ config: { scanFindings } })
    const aws = awsCli({ endpoint: emulator.endpoint })
    const rules = 'scanFrequency=SCAN_ON_PUSH,repositoryFilters=[{filter=app,filterType=WILDCARD}]'
    await aws.json('ecr', 'put-registry-scanning-configuration', '--scan-type', 'BASIC', '--rules', rules)
    const ecr = clientFor(emulator.endpoint)
    await createRepository(ecr, 'app')
    await pushImage(ecr, 'app', { imageTag: 'v1' })
    await settled(ecr, 'COMPLETE')

    const image = ['--repository-name', 'app', '--image-id', 'imageTag=v1']
    await aws.text('ecr', 'wait', 'image-scan-complete', ...image)
    const { imageScanFindings } = await aws.json('ecr', 'describe-image-scan-findings', ...image)
    expect(imageScanFindings.findingSeverityCounts).toEqual({ HIGH: 1 })
  })
})

describe('image scanning of the program', () => {
  it('Continuous scanning follows a change of the file without a restart', async () => {
    await using directory = await temporaryDirectory()
    const scanFindings = join(directory.path, 'findings.json')
    await writeFile(scanFindings, fileWith('CVE-OLD'))
    await using emulator = await emulatorProcess({ config: { scanFindings } })
    const ecr = clientFor(emulator.endpoint)
    await createRepository(ecr, 'app')
    await pushImage(ecr, 'app', { imageTag: 'v1' })
    const rules = [scanningRule('CONTINUOUS_SCAN', '*')]
    await ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'ENHANCED', rules }))
    await settled(ecr, 'ACTIVE')
    expect(await findingNames(ecr)).toEqual(['CVE-OLD'])

    await writeFile(scanFindings, fileWith('CVE-NEW-ONE'))
    await vi.waitFor(async () => expect(await findingNames(ecr)).toEqual(['CVE-NEW-ONE']), {
      timeout: 30_000,
      interval: 200,
    })
  })

  it('A scan during which the process is killed is done after the next start', async () => {
    await using standIn = await trivyStandIn({ hangsForSeconds: 3 })
    await using directory = await temporaryDirectory()
    const dataDir = join(directory.path, 'data')
    const options = { config: { scanner: 'trivy' }, dataDir, env: { PATH: standIn.path } }
    {
      await using emulator = await emulatorProcess(options)
      const ecr = clientFor(emulator.endpoint)
      await createRepository(ecr, 'app')
      await pushImage(ecr, 'app', { imageTag: 'v1' })
      await ecr.send(new StartImageScanCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' } }))
      await vi.waitFor(async () => expect(await standIn.scans()).toHaveLength(1), { timeout: 20_000 })
      await emulator.stop('SIGKILL')
    }
    await standIn.behave({ report: { SchemaVersion: 2, Metadata: { OS: { Family: 'alpine' } } } })
    await using emulator = await emulatorProcess(options)
    const ecr = clientFor(emulator.endpoint)
    await settled(ecr, 'COMPLETE')
    expect(await standIn.scans()).toHaveLength(2)
    expect(existsSync(join(dataDir, 'scan'))).toBe(false)
  })

  it('A stop interrupts a scan at once', async () => {
    await using standIn = await trivyStandIn({ hangsForSeconds: 60 })
    await using emulator = await emulatorProcess({ config: { scanner: 'trivy' }, env: { PATH: standIn.path } })
    const ecr = clientFor(emulator.endpoint)
    await createRepository(ecr, 'app')
    await pushImage(ecr, 'app', { imageTag: 'v1' })
    await ecr.send(new StartImageScanCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' } }))
    await vi.waitFor(async () => expect(await standIn.scans()).toHaveLength(1), { timeout: 20_000 })
    const begun = performance.now()
    expect(await emulator.stop()).toBe(0)
    expect(performance.now() - begun).toBeLessThan(20_000)
  })

  it('A mistake in the file of findings stops the start and names its place', async () => {
    await using directory = await temporaryDirectory()
    await writeFile(join(directory.path, 'findings.json'), '{"images": [{"findings": [{"name": "CVE-1"}]}]}')
    await writeFile(join(directory.path, 'ecr-local.json'), '{"scanFindings": "findings.json"}')
    const { code, stderr } = await runCli(['start', '--port', '0', '--registry-port', '0'], { cwd: directory.path })
    expect(code).toBe(2)
    expect(stderr).toContain('findings.json: /images/0/findings/0/severity is missing')
  })

  it('A scanner that is not installed stops the start', async () => {
    await using directory = await temporaryDirectory()
    await writeFile(join(directory.path, 'ecr-local.json'), '{"scanner": "trivy"}')
    const args = ['start', '--port', '0', '--registry-port', '0']
    const { code, stderr } = await runCli(args, { cwd: directory.path, env: { PATH: '/nonexistent' } })
    expect(code).toBe(2)
    expect(stderr).toContain(
      'The scanner trivy cannot be run (ENOENT): install it, or remove /scanner from the settings',
    )
  })
})
