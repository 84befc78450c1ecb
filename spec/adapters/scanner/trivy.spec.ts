import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { writeImageLayout } from '../../../src/adapters/scanner/image-layout.js'
import { trivyScanner } from '../../../src/adapters/scanner/trivy.js'
import { imageContents } from '../../../src/registry/images/image-contents.js'
import { keyOf } from '../../../src/registry/ports/store.js'
import type { ScanType } from '../../../src/registry/scanning/scanning-records.js'
import { account, region, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage } from '../../support/push.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { type TrivyBehaviour, trivyReport, trivyStandIn } from '../../support/trivy-stand-in.js'

const registry = { account, region }
const uninterrupted = new AbortController().signal

afterEach(() => {
  vi.unstubAllEnvs()
})

/** An image, and a scanner that runs the stand-in. */
async function scannerWithImage(behaviour: TrivyBehaviour = {}, timeoutSeconds = 60) {
  const [standIn, work, emulator] = [await trivyStandIn(behaviour), await temporaryDirectory(), await startEmulator()]
  vi.stubEnv('PATH', standIn.path)
  await createRepository(emulator.ecr, 'app')
  const { digest } = await pushImage(emulator.ecr, 'app', { imageTag: 'v1' })
  const { store, blobs } = emulator.deps
  const image = (await store.images.get(registry, keyOf('app', digest)))!
  const contents = (await imageContents(image, blobs))!
  const directory = join(work.path, 'scan')
  const scanner = await trivyScanner({ blobs, directory, timeoutSeconds })
  return {
    standIn,
    scanner,
    directory,
    image,
    contents,
    blobs,
    scan: (scanType: ScanType = 'ENHANCED', stopSignal = uninterrupted, target = { image, contents }) =>
      scanner.scan({ registry, scanType, ...target }, stopSignal),
    async [Symbol.asyncDispose]() {
      for (const part of [emulator, standIn, work]) await part[Symbol.asyncDispose]()
    },
  }
}

describe('the scanner Trivy', () => {
  it('Trivy gets the image as an OCI layout with documented flags, which is removed afterwards', async () => {
    await using tried = await scannerWithImage()
    await tried.scan()
    const { image, contents, directory } = tried
    const flags = ['--quiet', '--format', 'json', '--scanners', 'vuln', '--timeout', '60s', '--input', directory]
    expect(await tried.standIn.scans()).toEqual([
      {
        args: flags,
        mediaType: image.mediaType,
        digest: image.digest,
        blobs: contents.blobs.map(({ digest }) => digest),
      },
    ])
    expect(existsSync(directory)).toBe(false)
  })

  it('Its report becomes findings', async () => {
    await using tried = await scannerWithImage({ databaseUpdatedAt: '2026-01-02T00:00:00Z' })
    expect(await tried.scan('ENHANCED')).toEqual({
      outcome: 'complete',
      sourceUpdatedAt: Date.parse('2026-01-02T00:00:00Z'),
      findings: [
        {
          name: 'CVE-2023-4911',
          severity: 'HIGH',
          title: 'glibc: buffer overflow in ld.so',
          description: 'A buffer overflow was discovered in the GNU C Library.',
          uri: 'https://avd.aquasec.com/nvd/cve-2023-4911',
          package: {
            name: 'libc6',
            version: '2.36-9+deb12u1',
            fixedInVersion: '2.36-9+deb12u3',
            packageManager: 'OS',
          },
          cvss: [{ version: '3.1', score: 7.8, vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', source: 'NVD' }],
          references: ['https://access.redhat.com/security/cve/CVE-2023-4911'],
          source: 'Debian Security Tracker',
          publishedAt: '2023-10-03T18:15:10.463Z',
          updatedAt: '2024-02-22T20:18:59Z',
        },
        { name: 'TEMP-1', severity: 'UNDEFINED', package: { name: 'bash', version: '5.2', packageManager: 'OS' } },
        {
          name: 'CVE-2018-16487',
          severity: 'CRITICAL',
          package: {
            name: 'lodash',
            version: '4.17.4',
            fixedInVersion: '4.17.11',
            packageManager: 'NPM',
            filePath: 'app/package-lock.json',
          },
          cvss: [{ version: '2.0', score: 6.8, vector: 'AV:N/AC:M/Au:N/C:N/I:P/A:P', source: 'NVD' }],
        },
      ],
    })
  })

  it('Basic scanning is about the packages of the system only', async () => {
    await using tried = await scannerWithImage()
    const result = await tried.scan('BASIC')
    expect(result.outcome === 'complete' && result.findings.map(({ name }) => name)).toEqual([
      'CVE-2023-4911',
      'TEMP-1',
    ])
  })

  it('An image in which there is nothing to scan is unsupported', async () => {
    const [, , application] = trivyReport.Results
    await using tried = await scannerWithImage({ report: { SchemaVersion: 2, Results: [application] } })
    const description = 'UnsupportedImageError: The operating system and/or package manager are not supported.'
    expect(await tried.scan('BASIC')).toEqual({ outcome: 'unsupported', description })
    expect(await tried.scan('ENHANCED')).toMatchObject({ outcome: 'complete' })
    await tried.standIn.behave({ report: { SchemaVersion: 2, Results: null } })
    expect(await tried.scan('ENHANCED')).toEqual({ outcome: 'unsupported', description })
  })

  it.each<[string, TrivyBehaviour, string]>([
    [
      'ends with an error',
      { exitCode: 1, stderr: 'one line\nFATAL image scan error: unable to open the database\n' },
      'The scanner ended with status 1: FATAL image scan error: unable to open the database',
    ],
    ['writes no JSON', { report: 'no vulnerabilities' }, 'The report of the scanner is not JSON.'],
    ['writes a JSON that is not an object', { report: '1' }, 'The report of the scanner is not JSON.'],
    ['writes without an end', { floodBytes: 65 * 1024 * 1024 }, 'The report of the scanner is too long.'],
  ])('A scanner that %s has the scan fail', async (_, behaviour, description) => {
    await using tried = await scannerWithImage({ ...behaviour, ...(!behaviour.report && { report: '' }) })
    expect(await tried.scan()).toEqual({ outcome: 'failed', description })
    expect(existsSync(tried.directory)).toBe(false)
  })

  it('A scan that takes longer than its time fails, although a process of the scanner keeps its output open', async () => {
    await using tried = await scannerWithImage({ hangsForSeconds: 60 }, 1)
    const begun = performance.now()
    expect(await tried.scan()).toEqual({ outcome: 'failed', description: 'The scan took longer than 1 seconds.' })
    expect(performance.now() - begun).toBeLessThan(20_000)
  })

  it('A scan is interrupted when the process stops', async () => {
    await using tried = await scannerWithImage({ hangsForSeconds: 60 })
    const stopping = new AbortController()
    const scan = tried.scan('BASIC', stopping.signal)
    const scanning = vi.waitFor(async () => expect(await tried.standIn.scans()).toHaveLength(1), { timeout: 10_000 })
    await scanning
    stopping.abort(new Error('stopped'))
    await expect(scan).rejects.toThrow('stopped')
    expect(existsSync(tried.directory)).toBe(false)
  })

  it('A scanner that was removed from the machine has the scan fail', async () => {
    await using tried = await scannerWithImage()
    vi.stubEnv('PATH', '/nonexistent')
    expect(await tried.scan()).toEqual({ outcome: 'failed', description: 'The scanner trivy cannot be run (ENOENT).' })
  })

  it('Missing bytes of a layer are reported as such', async () => {
    await using tried = await scannerWithImage()
    const { contents, image } = tried
    const absent = { digest: `sha256:${'0'.repeat(64)}`, size: 1, mediaType: 'application/vnd.oci.image.layer.v1.tar' }
    const target = { image, contents: { ...contents, blobs: [...contents.blobs, absent] } }
    expect(await tried.scan('BASIC', uninterrupted, target)).toEqual({ outcome: 'bytes missing' })
  })

  it('The version of the source is that of Trivy’s database', async () => {
    await using tried = await scannerWithImage()
    expect(await tried.scanner.sourceVersion()).toBe('none')
    await tried.standIn.behave({ report: trivyReport, databaseUpdatedAt: '2026-01-02T00:00:00Z' })
    await tried.scan()
    expect(await tried.scanner.sourceVersion()).toBe('2026-01-02T00:00:00Z')
  })

  it('The version stays as it was while Trivy does not say it', async () => {
    await using tried = await scannerWithImage({ databaseUpdatedAt: '2026-01-02T00:00:00Z' })
    await tried.standIn.behave({ report: trivyReport, versionExitCode: 1 })
    await tried.scan()
    expect(await tried.scanner.sourceVersion()).toBe('2026-01-02T00:00:00Z')
  })

  it('Nothing is copied for an image whose last layer is not here yet', async () => {
    await using tried = await scannerWithImage()
    const { contents, image, blobs, directory } = tried
    const absent = { digest: `sha256:${'0'.repeat(64)}`, size: 1, mediaType: 'application/vnd.oci.image.layer.v1.tar' }
    const target = {
      registry,
      scanType: 'BASIC',
      image,
      contents: { ...contents, blobs: [...contents.blobs, absent] },
    } as const
    let copies = 0
    const send: typeof blobs.send = (...args) => (copies++, blobs.send(...args))
    const size = (digest: string) => blobs.size(digest)
    expect(await writeImageLayout(directory, target, { size, send }, uninterrupted)).toBe(false)
    expect(copies).toBe(0)
  })

  it('A machine without Trivy stops the start', async () => {
    vi.stubEnv('PATH', '/nonexistent')
    await using emulator = await startEmulator()
    const { blobs } = emulator.deps
    await expect(trivyScanner({ blobs, directory: '/nonexistent/scan', timeoutSeconds: 1 })).rejects.toThrow(
      'The scanner trivy cannot be run (ENOENT): install it, or remove /scanner from the settings',
    )
  })
})
