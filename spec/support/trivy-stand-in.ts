import { chmod, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { temporaryDirectory } from './temporary-directory.js'

/** What the stand-in does when it is asked to scan an image. */
export interface TrivyBehaviour {
  /** Its report, or a text in its place. */
  report?: object | string
  exitCode?: number
  stderr?: string
  /** Starts a process that keeps the output open, and waits for it this long. */
  hangsForSeconds?: number
  /** Writes this many bytes in place of a report. */
  floodBytes?: number
  /** Set if it does not say its version. */
  versionExitCode?: number
  /** When its database was updated; absent before the first download. */
  databaseUpdatedAt?: string
}

/** A program with Trivy's documented command line and output, in a directory for the PATH. */
export interface TrivyStandIn extends AsyncDisposable {
  readonly path: string
  behave(behaviour: TrivyBehaviour): Promise<void>
  /** The images that it was given: flags, and the digests of the blobs that it verified in the layout. */
  scans(): Promise<{ args: string[]; mediaType: string; digest: string; blobs: string[] }[]>
}

/** A report with one vulnerability of the system and one of an application, as Trivy writes it. */
export const trivyReport = {
  SchemaVersion: 2,
  CreatedAt: '2026-01-02T03:04:05.678Z',
  ArtifactName: 'layout',
  ArtifactType: 'container_image',
  Metadata: { OS: { Family: 'debian', Name: '12.5' }, ImageConfig: { architecture: 'amd64', os: 'linux' } },
  Results: [
    {
      Target: 'layout (debian 12.5)',
      Class: 'os-pkgs',
      Type: 'debian',
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2023-4911',
          PkgID: 'libc6@2.36-9+deb12u1',
          PkgName: 'libc6',
          InstalledVersion: '2.36-9+deb12u1',
          FixedVersion: '2.36-9+deb12u3',
          Status: 'fixed',
          SeveritySource: 'debian',
          PrimaryURL: 'https://avd.aquasec.com/nvd/cve-2023-4911',
          DataSource: { ID: 'debian', Name: 'Debian Security Tracker', URL: 'https://salsa.debian.org' },
          Title: 'glibc: buffer overflow in ld.so',
          Description: 'A buffer overflow was discovered in the GNU C Library.',
          Severity: 'HIGH',
          CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', V3Score: 7.8 } },
          References: ['https://access.redhat.com/security/cve/CVE-2023-4911'],
          PublishedDate: '2023-10-03T18:15:10.463Z',
          LastModifiedDate: '2024-02-22T20:18:59Z',
        },
        { VulnerabilityID: 'TEMP-1', PkgName: 'bash', InstalledVersion: '5.2', Severity: 'UNKNOWN' },
      ],
    },
    { Target: 'Python', Class: 'lang-pkgs', Type: 'python-pkg' },
    {
      Target: 'app/package-lock.json',
      Class: 'lang-pkgs',
      Type: 'npm',
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2018-16487',
          PkgName: 'lodash',
          PkgPath: 'app/package-lock.json',
          InstalledVersion: '4.17.4',
          FixedVersion: '4.17.11',
          Severity: 'CRITICAL',
          CVSS: { nvd: { V2Vector: 'AV:N/AC:M/Au:N/C:N/I:P/A:P', V2Score: 6.8 } },
        },
      ],
    },
  ],
}

/** Creates the stand-in. It reads its behaviour at each start, so that it can be changed while an emulator runs. */
export async function trivyStandIn(behaviour: TrivyBehaviour = {}): Promise<TrivyStandIn> {
  const directory = await temporaryDirectory()
  const [program, behaviourFile, scansFile] = ['trivy', 'behaviour.json', 'scans'].map((name) =>
    join(directory.path, name),
  ) as [string, string, string]
  const behave = (next: TrivyBehaviour) => writeFile(behaviourFile, JSON.stringify(next))
  await behave({ report: trivyReport, ...behaviour })
  await writeFile(program, PROGRAM)
  await chmod(program, 0o755)
  return {
    path: `${directory.path}${delimiter}${process.env.PATH}`,
    behave,
    async scans() {
      const lines = await readFile(scansFile, 'utf8').catch(() => '')
      return lines
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Awaited<ReturnType<TrivyStandIn['scans']>>[number])
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}

/** https://trivy.dev/latest/docs/references/configuration/cli/trivy_image/ */
const PROGRAM = `#!${process.execPath}
const { spawnSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const { appendFileSync, readFileSync, writeSync } = require('node:fs')
const { join } = require('node:path')

const behaviour = JSON.parse(readFileSync(join(__dirname, 'behaviour.json'), 'utf8'))
const [command, ...args] = process.argv.slice(2)
const { databaseUpdatedAt: UpdatedAt } = behaviour

if (command === 'version') {
  if (behaviour.versionExitCode) process.exit(behaviour.versionExitCode)
  const VulnerabilityDB = { Version: 2, NextUpdate: '2026-01-02T06:00:00Z', UpdatedAt, DownloadedAt: '2026-01-02T01:00:00Z' }
  writeSync(1, JSON.stringify({ Version: '0.58.0', ...(UpdatedAt && { VulnerabilityDB }) }))
  process.exit(0)
}

const flags = { '--quiet': false, '--format': true, '--scanners': true, '--timeout': true, '--input': true }
const values = {}
for (let i = 0; i < args.length; i++) {
  if (!(args[i] in flags)) throw new Error('unknown flag: ' + args[i])
  values[args[i]] = flags[args[i]] ? args[++i] : true
}
if (command !== 'image' || values['--format'] !== 'json') throw new Error('unknown command: ' + process.argv.join(' '))

const layout = values['--input']
const read = (name) => readFileSync(join(layout, name))
const verified = (digest) => {
  const [algorithm, hex] = digest.split(':')
  const bytes = read(join('blobs', algorithm, hex))
  if (createHash(algorithm).update(bytes).digest('hex') !== hex) throw new Error('invalid checksum digest format')
  return bytes
}
if (JSON.parse(read('oci-layout')).imageLayoutVersion !== '1.0.0') throw new Error('no OCI layout')
const [{ mediaType, digest, size }] = JSON.parse(read('index.json')).manifests
const manifest = verified(digest)
if (manifest.length !== size) throw new Error('wrong size')
const { config, layers } = JSON.parse(manifest)
const blobs = [config, ...layers].map((blob) => (verified(blob.digest), blob.digest))
appendFileSync(join(__dirname, 'scans'), JSON.stringify({ args, mediaType, digest, blobs }) + '\\n')

if (behaviour.hangsForSeconds) spawnSync('sleep', [String(behaviour.hangsForSeconds)], { stdio: 'inherit' })
if (behaviour.floodBytes) writeSync(1, Buffer.alloc(behaviour.floodBytes, 32))
if (behaviour.stderr) writeSync(2, behaviour.stderr)
const { report } = behaviour
if (report !== undefined) writeSync(1, typeof report === 'string' ? report : JSON.stringify(report))
process.exit(behaviour.exitCode ?? 0)
`
