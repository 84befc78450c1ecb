/*
 * The records of scanning configurations, and their parts.
 */

export type ScanType = 'BASIC' | 'ENHANCED'
export type ScanFrequency = 'SCAN_ON_PUSH' | 'CONTINUOUS_SCAN' | 'MANUAL'

/** Selects repositories by their names. */
export interface ScanningFilter {
  readonly filter: string
  readonly filterType: 'WILDCARD'
}

/** How often the images of the repositories that one of the filters matches are scanned. */
export interface ScanningRule {
  readonly scanFrequency: ScanFrequency
  readonly repositoryFilters: readonly ScanningFilter[]
}

/** The scanning configuration of a registry. */
export interface ScanningConfiguration {
  readonly scanType: ScanType
  readonly rules: readonly ScanningRule[]
}

/** The stored configuration of a registry. */
export interface StoredScanningConfiguration extends ScanningConfiguration {
  /** When it was put, in epoch milliseconds by the emulator's clock. */
  readonly updatedAt: number
  /** The configuration before it, until the event about the changed repositories is recorded. */
  readonly previous?: ScanningConfiguration
}
