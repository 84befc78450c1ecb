import type { RegistryScanningConfiguration, RegistryScanningRule, ScanFrequency, ScanType } from '@aws-sdk/client-ecr'

/** A scanning configuration as its form edits it. */
export interface ScanningDraft {
  readonly scanType: ScanType
  /** The filters of continuous scanning, which only enhanced scanning has. */
  readonly continuous: readonly string[]
  readonly onPush: readonly string[]
}

/** The filter that every repository matches. */
const ALL = '*'

/** Whether the filters are those that "all repositories" means. */
export const isAll = (filters: readonly string[]): boolean => filters.length === 1 && filters[0] === ALL

/** The filters for all repositories, or none. */
export const allOrNone = (isForAll: boolean): readonly string[] => (isForAll ? [ALL] : [])

/** A configuration as its form begins with it. */
export const scanningDraftOf = ({ scanType = 'BASIC', rules = [] }: RegistryScanningConfiguration): ScanningDraft => ({
  scanType,
  continuous: filtersOf(rules, 'CONTINUOUS_SCAN'),
  onPush: filtersOf(rules, 'SCAN_ON_PUSH'),
})

/** The filters of the rules of one frequency. */
export const filtersOf = (rules: readonly RegistryScanningRule[], frequency: ScanFrequency): string[] =>
  rules
    .filter(({ scanFrequency }) => scanFrequency === frequency)
    .flatMap(({ repositoryFilters = [] }) => repositoryFilters.map(({ filter = '' }) => filter))

/** What PutRegistryScanningConfiguration takes for a draft. */
export const scanningConfigurationOf = ({ scanType, continuous, onPush }: ScanningDraft) => ({
  scanType,
  rules: [
    ...(scanType === 'ENHANCED' ? ruleFor('CONTINUOUS_SCAN', continuous) : []),
    ...ruleFor('SCAN_ON_PUSH', onPush),
  ],
})

const ruleFor = (scanFrequency: 'CONTINUOUS_SCAN' | 'SCAN_ON_PUSH', filters: readonly string[]) =>
  filters.length === 0
    ? []
    : [{ scanFrequency, repositoryFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD' as const })) }]
