import type { Records, Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import type { Repository } from '../repositories/repository.js'
import { continuousScanNeedsEnhanced, manualScanNeedsBasic } from './scanning-errors.js'
import type { ScanFrequency, ScanningConfiguration, ScanningFilter } from './scanning-records.js'
import { matchesWildcards } from '../wildcards.js'

/** The configuration of a registry whose configuration was never put. */
export const defaultScanningConfiguration: ScanningConfiguration = { scanType: 'BASIC', rules: [] }

/** The key of a registry's scanning configuration, of which it has at most one. */
export const SCANNING_CONFIGURATION = 'configuration'

/** The scanning configuration of a registry. */
export const readScanningConfiguration = async (
  records: Pick<Records, 'scanningConfigurations'>,
  registry: Registry,
): Promise<ScanningConfiguration> =>
  (await records.scanningConfigurations.get(registry, SCANNING_CONFIGURATION)) ?? defaultScanningConfiguration

/**
 * A configuration whose frequencies go with its scan type. Throws InvalidParameterException.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RegistryScanningRule.html
 */
export function acceptScanningConfiguration(configuration: ScanningConfiguration): ScanningConfiguration {
  const frequencies = configuration.rules.map(({ scanFrequency }) => scanFrequency)
  if (configuration.scanType === 'BASIC' && frequencies.includes('CONTINUOUS_SCAN')) throw continuousScanNeedsEnhanced()
  if (configuration.scanType === 'ENHANCED' && frequencies.includes('MANUAL')) throw manualScanNeedsBasic()
  return configuration
}

/** Puts a registry's configuration and remembers the one before it, for the event about what changed. */
export const putScanningConfiguration = (
  store: Store,
  registry: Registry,
  configuration: ScanningConfiguration,
  now: Date,
): Promise<void> =>
  store.transact(registry, async ({ scanningConfigurations }) => {
    const stored = await scanningConfigurations.get(registry, SCANNING_CONFIGURATION)
    const { scanType, rules } = stored ?? defaultScanningConfiguration
    const previous = stored?.previous ?? { scanType, rules }
    const { scanType: newType, rules: newRules } = configuration
    const updated = { scanType: newType, rules: newRules, updatedAt: now.getTime(), previous }
    await scanningConfigurations.put(registry, SCANNING_CONFIGURATION, updated)
  })

/** How a repository is scanned, and the filters from which that follows. */
export interface AppliedScanning {
  readonly scanFrequency: ScanFrequency
  readonly appliedScanFilters: readonly ScanningFilter[]
}

/**
 * How a repository is scanned: by the last rule that matches it, but continuously if any rule says so. With basic
 * scanning its own setting counts, too.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-filters.html
 */
export function scanningOf(
  { scanType, rules }: ScanningConfiguration,
  { name, scanOnPush }: Pick<Repository, 'name' | 'scanOnPush'>,
): AppliedScanning {
  const matching = rules.flatMap(({ scanFrequency, repositoryFilters }): AppliedScanning[] => {
    const appliedScanFilters = repositoryFilters.filter(({ filter }) => matchesScanningFilter(filter, name))
    return appliedScanFilters.length > 0 ? [{ scanFrequency, appliedScanFilters }] : []
  })
  const applied = matching.find(({ scanFrequency }) => scanFrequency === 'CONTINUOUS_SCAN') ?? matching.at(-1)
  if (applied && applied.scanFrequency !== 'MANUAL') return applied
  const isOnPush = scanType === 'BASIC' && scanOnPush
  return { scanFrequency: isOnPush ? 'SCAN_ON_PUSH' : 'MANUAL', appliedScanFilters: applied?.appliedScanFilters ?? [] }
}

/**
 * Whether a filter matches the name of a repository. A filter without a wildcard matches every name that contains it;
 * in a filter with wildcards each stands for zero or more characters, and the whole name must match.
 */
export function matchesScanningFilter(filter: string, name: string): boolean {
  return filter.includes('*') ? matchesWildcards(filter, name) : name.includes(filter)
}
