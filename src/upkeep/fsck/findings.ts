import type { ReportStep } from '../../registry/ports/progress.js'
import type { InstallationStorage } from '../installation-label.js'

/** The most findings that are listed; further ones are only counted. */
const MAX_LINES = 1000

/** The faults that a check has found. */
export interface Findings {
  /** Adds a finding. `repair` says how it was repaired, if it was. */
  add(finding: string, repair?: string): void
  readonly count: number
  readonly repairedCount: number
  /** One line for each finding, sorted. */
  lines(): string[]
}

/** A check in progress: the installation, and what its steps share. */
export interface FsckRun extends InstallationStorage {
  /** Whether to repair what can be repaired. */
  readonly repair: boolean
  readonly findings: Findings
  /** Digests of blobs whose bytes do not hash to them. They count as missing. */
  readonly damaged: Set<string>
  /** Called after each blob and each image. */
  readonly report: ReportStep
}

/** An empty list of findings. */
export function newFindings(): Findings {
  const lines: string[] = []
  let count = 0
  let repairedCount = 0
  return {
    add(finding, repair) {
      count++
      if (repair !== undefined) repairedCount++
      if (lines.length < MAX_LINES) lines.push(repair === undefined ? finding : `${finding}: ${repair}`)
    },
    get count() {
      return count
    },
    get repairedCount() {
      return repairedCount
    },
    lines: () => [...lines.sort(), ...(count > MAX_LINES ? [`and ${count - MAX_LINES} more`] : [])],
  }
}
