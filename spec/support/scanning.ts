import type { RegistryScanningRule, ScanFrequency } from '@aws-sdk/client-ecr'
import { imageActivationsTask } from '../../src/background/image-activations.js'
import { imageChangesTask } from '../../src/background/image-changes.js'
import { imageScansTask } from '../../src/background/scanning/image-scans.js'
import { scanOnPush } from '../../src/background/scanning/scan-on-push.js'
import { eventLog } from '../../src/registry/event-log.js'
import type { ImageScanEvent } from '../../src/registry/events.js'
import { noScanner, type Scanner, type ScanResult } from '../../src/registry/ports/scanner.js'
import { installation } from '../../src/registry/registry.js'
import type { Finding } from '../../src/registry/scanning/finding.js'
import type { startEmulator } from './emulator.js'
import { silent } from './silent-log.js'

/** A rule of a registry's scanning configuration. */
export const scanningRule = (scanFrequency: ScanFrequency, ...filters: string[]): RegistryScanningRule => ({
  scanFrequency,
  repositoryFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD' })),
})

/** The parts of an emulator, or of a cache, that scanning uses. */
interface ScanningParts {
  readonly deps: Pick<Awaited<ReturnType<typeof startEmulator>>['deps'], 'store' | 'blobs' | 'clock' | 'quotas' | 'ids'>
}

/** A finding as the service's documentation shows one. */
export const finding: Finding = {
  name: 'CVE-2019-5188',
  severity: 'MEDIUM',
  description: 'A code execution vulnerability exists in the directory rehashing functionality of E2fsprogs.',
  uri: 'http://people.ubuntu.com/~ubuntu-security/cve/CVE-2019-5188',
  package: { name: 'e2fsprogs', version: '1.44.1-1ubuntu1.1' },
  cvss: [{ version: '2.0', score: 4.6, vector: 'AV:L/AC:L/Au:N/C:P/I:P/A:P' }],
}

/** A scanner with this result for every image. */
export const scannerWith = (result: ScanResult, version = 'v1'): Scanner => ({
  sourceVersion: async () => version,
  scan: async () => result,
})

/** A scanner that finds these in every image. */
export const scannerFinding = (findings: Finding[]): Scanner =>
  scannerWith({ outcome: 'complete', findings, sourceUpdatedAt: Date.parse('2026-01-01T00:00:00Z') })

/** Runs what follows pushes and started scans, as the background does a moment later. */
export async function runScans(
  { deps }: ScanningParts,
  scanner: Scanner = noScanner,
  stopSignal = new AbortController().signal,
): Promise<void> {
  await imageActivationsTask(deps).run(stopSignal)
  await imageChangesTask({ ...deps, log: silent }, [scanOnPush(deps)]).run(stopSignal)
  await imageScansTask({ ...deps, scanner, events: eventLog(deps), log: silent }).run(stopSignal)
}

/** The events about scans so far. */
export async function scanEvents({ deps }: ScanningParts): Promise<ImageScanEvent[]> {
  const { items } = await deps.store.events.list(installation, { limit: 1000 })
  return items.flatMap((event) => (event['detail-type'] === 'ECR Image Scan' ? [event] : []))
}
