import { rm } from 'node:fs/promises'
import type { Blobs } from '../../registry/ports/blob-store.js'
import type { Scanner, ScanResult, ScanTarget } from '../../registry/ports/scanner.js'
import { UNSUPPORTED_IMAGE } from '../../registry/scanning/findings-file.js'
import { type ChildEnd, runChild } from './child-process.js'
import { writeImageLayout } from './image-layout.js'
import { findingsOfReport, type TrivyReport } from './trivy-report.js'

/** What a scanner with Trivy is made of. */
export interface TrivyDeps {
  readonly blobs: Pick<Blobs, 'size' | 'send'>
  /** Where an image is written while it is scanned. Only one scan uses it at a time. */
  readonly directory: string
  /** How long the scan of an image may take. */
  readonly timeoutSeconds: number
}

const COMMAND = 'trivy'
const MAX_REPORT_BYTES = 32 * 1024 * 1024
const VERSION_TIMEOUT_MS = 30_000

/** How long the version of Trivy's database is remembered before Trivy is asked again. */
const VERSION_FOR_MS = 60_000

/**
 * A scanner that runs the Trivy of this machine on images as OCI layouts. Trivy updates its database itself. Throws if
 * it cannot be run.
 * https://trivy.dev/latest/docs/references/configuration/cli/trivy_image/
 */
export async function trivyScanner(deps: TrivyDeps): Promise<Scanner> {
  const never = new AbortController().signal
  const first = await databaseVersion(never)
  if (first.problem !== undefined)
    throw new Error(
      `The scanner ${COMMAND} cannot be run (${first.problem}): install it, or remove /scanner from the settings`,
    )
  let known = { version: first.version, at: performance.now() }

  /** A program that does not answer for a while, such as during an update, changes nothing. */
  async function refresh(stopSignal: AbortSignal): Promise<string> {
    const { version = known.version } = await databaseVersion(stopSignal)
    known = { version, at: performance.now() }
    return known.version
  }

  return {
    sourceVersion: async () => (performance.now() - known.at > VERSION_FOR_MS ? refresh(never) : known.version),
    async scan(target, stopSignal) {
      try {
        const hasBytes = await writeImageLayout(deps.directory, target, deps.blobs, stopSignal)
        if (!hasBytes) return { outcome: 'bytes missing' }
        const result = await scanLayout(deps, target, stopSignal)
        return result.outcome === 'complete' ? { ...result, ...updateTime(await refresh(stopSignal)) } : result
      } finally {
        await rm(deps.directory, { recursive: true, force: true })
      }
    },
  }
}

async function scanLayout(
  { directory, timeoutSeconds }: TrivyDeps,
  { scanType }: ScanTarget,
  stopSignal: AbortSignal,
): Promise<ScanResult> {
  const limit = ['--timeout', `${timeoutSeconds}s`]
  const args = ['image', '--quiet', '--format', 'json', '--scanners', 'vuln', ...limit, '--input', directory]
  const limits = { timeoutMs: timeoutSeconds * 1000, maxBytes: MAX_REPORT_BYTES, stopSignal }
  const ended = await runChild(COMMAND, args, limits)
  const failure = failureOf(ended, timeoutSeconds)
  if (failure !== undefined) return { outcome: 'failed', description: failure }
  const report = ended.end === 'exited' ? jsonOf<TrivyReport>(ended.stdout) : undefined
  if (!report) return { outcome: 'failed', description: 'The report of the scanner is not JSON.' }
  const findings = findingsOfReport(report, scanType)
  return findings ? { outcome: 'complete', findings } : { outcome: 'unsupported', description: UNSUPPORTED_IMAGE }
}

/** Why there is no report; undefined if there is one. */
function failureOf(ended: ChildEnd, timeoutSeconds: number): string | undefined {
  switch (ended.end) {
    case 'timed out':
      return `The scan took longer than ${timeoutSeconds} seconds.`
    case 'too much output':
      return 'The report of the scanner is too long.'
    case 'not started':
      return `The scanner ${COMMAND} cannot be run (${ended.code}).`
    case 'exited':
      return ended.code === 0 ? undefined : `The scanner ended with status ${ended.code}: ${lastLine(ended.stderr)}`
  }
}

const lastLine = (text: string) => text.trim().split('\n').at(-1)?.slice(0, 500) ?? ''

/**
 * When Trivy's database was last updated, which is its version; `none` before the first download. Otherwise why Trivy
 * does not say it.
 */
async function databaseVersion(stopSignal: AbortSignal): Promise<DatabaseVersion> {
  const limits = { timeoutMs: VERSION_TIMEOUT_MS, maxBytes: MAX_REPORT_BYTES, stopSignal }
  const ended = await runChild(COMMAND, ['version', '--format', 'json'], limits)
  if (ended.end === 'not started') return { problem: ended.code }
  if (ended.end !== 'exited') return { problem: ended.end }
  const answer = ended.code === 0 ? jsonOf<TrivyVersion>(ended.stdout) : undefined
  if (!answer) return { problem: `status ${ended.code}` }
  const { UpdatedAt } = answer.VulnerabilityDB ?? {}
  return { version: typeof UpdatedAt === 'string' ? UpdatedAt : 'none' }
}

type DatabaseVersion =
  | { readonly version: string; readonly problem?: undefined }
  | { readonly version?: undefined; readonly problem: string }

interface TrivyVersion {
  readonly VulnerabilityDB?: { readonly UpdatedAt?: string }
}

function updateTime(version: string): { readonly sourceUpdatedAt?: number } {
  const time = Date.parse(version)
  return Number.isNaN(time) ? {} : { sourceUpdatedAt: time }
}

function jsonOf<T>(text: string): T | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null ? (json as T) : undefined
  } catch {
    return undefined
  }
}
