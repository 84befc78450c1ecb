import { rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { findingsFileScanner } from '../../../src/adapters/scanner/findings-file-scanner.js'
import { parseFindingsFile } from '../../../src/config/parse-findings.js'
import { imageContents } from '../../../src/registry/images/image-contents.js'
import { keyOf } from '../../../src/registry/ports/store.js'
import type { FindingInFile, FindingsEntry } from '../../../src/registry/scanning/findings-file.js'
import { account, region, startEmulator } from '../../support/emulator.js'
import { tar } from '../../support/images.js'
import { createRepository, imageManifest, pushImage, pushLayer, sha256 } from '../../support/push.js'
import { recordedLog } from '../../support/recorded-log.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { PutImageCommand } from '@aws-sdk/client-ecr'

const registry = { account, region }
const uninterrupted = new AbortController().signal
const finding = (name: string, rest: Partial<FindingInFile> = {}): FindingInFile => ({
  name,
  severity: 'HIGH',
  ...rest,
})

/** An image `team/app:v1` and a scanner with a file of findings. */
async function scannerWithFile(images: FindingsEntry[] | string, layers: (string | Uint8Array)[] = ['a layer']) {
  const [directory, emulator, log] = [await temporaryDirectory(), await startEmulator(), recordedLog()]
  const { ecr, deps } = emulator
  await createRepository(ecr, 'team/app')
  const config = await pushLayer(ecr, 'team/app', '{}')
  const pushed = []
  for (const layer of layers) pushed.push(await pushLayer(ecr, 'team/app', layer))
  const manifest = imageManifest(config, pushed)
  await ecr.send(new PutImageCommand({ repositoryName: 'team/app', imageManifest: manifest, imageTag: 'v1' }))
  const path = join(directory.path, 'findings.json')
  let writes = 0
  const write = async (content: FindingsEntry[] | string) => {
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify({ images: content }))
    // Two writes within the resolution of the file system's clock have the same time.
    await utimes(path, 1_767_225_600, 1_767_225_600 + writes++)
  }
  await write(images)
  const scanner = await findingsFileScanner({ path, parse: parseFindingsFile, blobs: deps.blobs, log })
  const scan = async (digest = sha256(manifest)) => {
    const image = (await deps.store.images.get(registry, keyOf('team/app', digest)))!
    const contents = (await imageContents(image, deps.blobs))!
    return scanner.scan({ registry, scanType: 'BASIC', image, contents }, uninterrupted)
  }
  const names = async () => {
    const result = await scan()
    return result.outcome === 'complete' ? result.findings.map(({ name }) => name) : result
  }
  return {
    ecr,
    path,
    log,
    scanner,
    write,
    scan,
    names,
    digest: sha256(manifest),
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}

describe('a file of findings', () => {
  it('An image has the findings of every entry whose conditions all hold', async () => {
    await using file = await scannerWithFile([])
    await file.write([
      { findings: [finding('everywhere')] },
      { digest: file.digest, findings: [finding('digest')] },
      { digest: `sha256:${'0'.repeat(64)}`, findings: [finding('other digest')] },
      { repository: 'team/*', findings: [finding('repository')] },
      { repository: 'team', findings: [finding('part of the name')] },
      { tag: 'v*', findings: [finding('tag')] },
      { tag: 'v2', findings: [finding('other tag')] },
      { repository: 'team/*', tag: 'v2', findings: [finding('one of two conditions')] },
      { findings: [finding('everywhere')] },
    ])
    expect(await file.names()).toEqual(['everywhere', 'digest', 'repository', 'tag'])
  })

  it('The members of a finding are those of the service’s answers', async () => {
    await using file = await scannerWithFile([
      {
        findings: [
          finding('CVE-2019-5188', {
            title: 'a title',
            description: 'a description',
            uri: 'https://example.com/CVE-2019-5188',
            package_name: 'e2fsprogs',
            package_version: '1.44.1',
            fixed_in_version: '1.44.2',
            package_manager: 'OS',
            CVSS2_SCORE: 4.6,
            CVSS2_VECTOR: 'AV:L/AC:L/Au:N/C:P/I:P/A:P',
            CVSS3_SCORE: 6.7,
            CVSS3_VECTOR: 'CVSS:3.0/AV:L/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H',
            attributes: { distribution: 'ubuntu' },
            references: ['https://example.com'],
            source: 'NVD',
            published_at: '2020-01-08',
            updated_at: '2020-01-09T00:00:00Z',
          }),
        ],
      },
    ])
    expect(await file.scan()).toEqual({
      outcome: 'complete',
      sourceUpdatedAt: 1_767_225_600_000,
      findings: [
        {
          name: 'CVE-2019-5188',
          severity: 'HIGH',
          title: 'a title',
          description: 'a description',
          uri: 'https://example.com/CVE-2019-5188',
          package: { name: 'e2fsprogs', version: '1.44.1', fixedInVersion: '1.44.2', packageManager: 'OS' },
          cvss: [
            { version: '2.0', score: 4.6, vector: 'AV:L/AC:L/Au:N/C:P/I:P/A:P', source: 'NVD' },
            { version: '3.0', score: 6.7, vector: 'CVSS:3.0/AV:L/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H', source: 'NVD' },
          ],
          references: ['https://example.com'],
          source: 'NVD',
          publishedAt: '2020-01-08',
          updatedAt: '2020-01-09T00:00:00Z',
          attributes: { distribution: 'ubuntu' },
        },
      ],
    })
  })

  it('An entry may have the scan fail or the image be unsupported', async () => {
    await using file = await scannerWithFile([
      { findings: [finding('a')] },
      { status: 'FAILED', description: 'no luck' },
    ])
    expect(await file.scan()).toEqual({ outcome: 'failed', description: 'no luck' })
    await file.write([{ status: 'FAILED' }])
    expect(await file.scan()).toEqual({ outcome: 'failed', description: 'The scan failed.' })
    await file.write([{ tag: 'v1', status: 'UNSUPPORTED_IMAGE' }, { status: 'FAILED' }])
    expect(await file.scan()).toEqual({
      outcome: 'unsupported',
      description: 'UnsupportedImageError: The operating system and/or package manager are not supported.',
    })
  })

  it('The time of the source is that in the file, otherwise that of the file', async () => {
    await using file = await scannerWithFile(JSON.stringify({ updatedAt: '2025-12-31T01:02:03Z', images: [] }))
    expect(await file.scan()).toMatchObject({ sourceUpdatedAt: Date.parse('2025-12-31T01:02:03Z') })
  })

  it('A changed file counts from the next scan on, and has another version only if its content is another', async () => {
    await using file = await scannerWithFile([{ findings: [finding('old')] }])
    const version = await file.scanner.sourceVersion()
    await file.write([{ findings: [finding('old')] }])
    expect(await file.scanner.sourceVersion()).toBe(version)
    await file.write([{ findings: [finding('new')] }])
    expect(await file.names()).toEqual(['new'])
    expect(await file.scanner.sourceVersion()).not.toBe(version)
  })

  it('After a mistake in the running system the last valid content counts, and a warning names the place once', async () => {
    await using file = await scannerWithFile([{ findings: [finding('valid')] }])
    await file.write(JSON.stringify({ images: [{ findings: [{ name: 'a', severity: 'URGENT' }] }] }))
    for (let i = 0; i < 3; i++) expect(await file.names()).toEqual(['valid'])
    expect(file.log.lines).toEqual([
      [
        'warn',
        {
          reason: `${file.path}: /images/0/findings/0/severity must be one of CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNDEFINED, not "URGENT"`,
        },
        'the file of findings is invalid: its last valid content counts',
      ],
    ])
    await file.write([{ findings: [finding('corrected')] }])
    expect(await file.names()).toEqual(['corrected'])
  })

  it('A file that is removed and restored counts again', async () => {
    await using file = await scannerWithFile([{ findings: [finding('old')] }])
    await rename(file.path, `${file.path}.new`)
    expect(await file.names()).toEqual(['old'])
    expect(file.log.lines).toHaveLength(1)
    await rm(`${file.path}.new`)
    await file.write([{ findings: [finding('new')] }])
    expect(await file.names()).toEqual(['new'])
  })

  it.each([
    ['not JSON', '{"images": [}', /findings\.json is not JSON: line 1, column 13/],
    ['without images', '{}', /findings\.json: \/images is missing/],
    [
      'with an unknown member',
      '{"images": [], "image": []}',
      /: \/image is not a member here; there are updatedAt, images/,
    ],
    ['with an invalid digest', '{"images": [{"digest": "abc"}]}', /: \/images\/0\/digest must be a digest: sha256:/],
    [
      'with a finding without a severity',
      '{"images": [{"findings": [{"name": "a"}]}]}',
      /: \/images\/0\/findings\/0\/severity is missing/,
    ],
    [
      'with a score above 10',
      '{"images": [{"findings": [{"name": "a", "severity": "LOW", "CVSS2_SCORE": 11}]}]}',
      /: \/images\/0\/findings\/0\/CVSS2_SCORE must be a number from 0 to 10, not 11/,
    ],
    [
      'with an impossible time',
      '{"updatedAt": "yesterday", "images": []}',
      /: \/updatedAt must be a time such as 2026-01-02T03:04:05Z, not "yesterday"/,
    ],
  ])('A file %s stops the start, and the message names the place of the mistake', async (_, content, message) => {
    await expect(scannerWithFile(content)).rejects.toThrow(message)
  })

  it('A file that does not exist stops the start', async () => {
    await using emulator = await startEmulator()
    const { blobs, log } = emulator.deps
    const scanner = findingsFileScanner({ path: '/nonexistent.json', parse: parseFindingsFile, blobs, log })
    await expect(scanner).rejects.toThrow(
      'The file of findings /nonexistent.json cannot be read (there is no such file): ',
    )
  })
})

describe('findings by package', () => {
  const openssl: FindingsEntry[] = [{ package: 'openssl', findings: [finding('CVE-OPENSSL')] }]
  const dpkg = (...packages: string[]) =>
    Buffer.from(
      packages.map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1-${name}\n`).join('\n'),
    )
  const layer = (files: Record<string, Buffer>) => gzipSync(tar(files))
  const versions = async (file: Awaited<ReturnType<typeof scannerWithFile>>) => {
    const result = await file.scan()
    return result.outcome === 'complete' ? result.findings.map((found) => found.package) : result
  }

  it.each<[string, Record<string, Buffer>]>([
    ['dpkg', { 'var/lib/dpkg/status': dpkg('bash', 'openssl') }],
    [
      'dpkg without a shell',
      { './var/lib/dpkg/status.d/openssl': Buffer.from('Package: openssl\nVersion: 1-openssl\n') },
    ],
    ['apk', { 'lib/apk/db/installed': Buffer.from('C:Q1\nP:musl\nV:1.2\n\nC:Q2\nP:openssl\nV:1-openssl\nA:x86_64\n') }],
    ['apk 3', { 'usr/lib/apk/db/installed': Buffer.from('P:openssl\nV:1-openssl\n') }],
  ])('A package that %s has installed is found, with its version', async (_, files) => {
    await using file = await scannerWithFile(openssl, [layer(files), layer({ 'etc/motd': Buffer.from('hello') })])
    expect(await versions(file)).toEqual([{ name: 'openssl', version: '1-openssl' }])
  })

  it('An image without the package has no such finding', async () => {
    await using file = await scannerWithFile(openssl, [layer({ 'var/lib/dpkg/status': dpkg('bash') })])
    expect(await versions(file)).toEqual([])
  })

  it('A package that was removed but not purged is not installed', async () => {
    const status = Buffer.from('Package: openssl\nStatus: deinstall ok config-files\nVersion: 1\n')
    await using file = await scannerWithFile(openssl, [layer({ 'var/lib/dpkg/status': status })])
    expect(await versions(file)).toEqual([])
  })

  it('A later layer replaces or removes the database of an earlier one', async () => {
    const first = layer({ 'var/lib/dpkg/status': dpkg('openssl') })
    await using replaced = await scannerWithFile(openssl, [first, layer({ 'var/lib/dpkg/status': dpkg('bash') })])
    expect(await versions(replaced)).toEqual([])
    await using removed = await scannerWithFile(openssl, [first, layer({ 'var/lib/dpkg/.wh.status': Buffer.alloc(0) })])
    expect(await versions(removed)).toEqual([])
  })

  it('A layer that is not an archive has no packages, and does not disturb the others', async () => {
    const layers = ['not gzip', gzipSync('not tar'), layer({ 'lib/apk/db/installed': Buffer.from('P:openssl\nV:3\n') })]
    await using file = await scannerWithFile(openssl, layers)
    expect(await versions(file)).toEqual([{ name: 'openssl', version: '3' }])
  })

  it('Missing bytes of a layer are reported as such', async () => {
    await using file = await scannerWithFile(openssl)
    const contents = {
      blobs: [{ digest: sha256('absent'), size: 6, mediaType: 'application/vnd.oci.image.layer.v1.tar' }],
      manifests: [],
    }
    const { digest } = await pushImage(file.ecr, 'team/app', { layer: 'x' })
    const image = {
      repository: 'team/app',
      digest,
      mediaType: '',
      manifestSize: 1,
      imageSize: 1,
      tags: [],
      pushedAt: 0,
    }
    const target = { registry, scanType: 'BASIC', image, contents } as const
    expect(await file.scanner.scan(target, uninterrupted)).toEqual({ outcome: 'bytes missing' })
  })
})
