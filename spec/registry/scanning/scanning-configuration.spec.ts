import { describe, expect, it } from 'vitest'
import { matchesScanningFilter, scanningOf } from '../../../src/registry/scanning/scanning-configuration.js'
import type { ScanFrequency, ScanningRule } from '../../../src/registry/scanning/scanning-records.js'

const NAMES = ['prod', 'repo-prod', 'prod-repo', 'repo-prod-repo', 'prodrepo']

const rule = (scanFrequency: ScanFrequency, ...filters: string[]): ScanningRule => ({
  scanFrequency,
  repositoryFilters: filters.map((filter) => ({ filter, filterType: 'WILDCARD' })),
})

describe('scanning filters', () => {
  it.each([
    ['prod', NAMES],
    ['*prod', ['prod', 'repo-prod']],
    ['prod*', ['prod', 'prod-repo', 'prodrepo']],
    ['*prod*', NAMES],
    ['prod*repo', ['prod-repo', 'prodrepo']],
  ])('The filter %s matches what the table of AWS’s user guide says', (filter, matching) => {
    expect(NAMES.filter((name) => matchesScanningFilter(filter, name))).toEqual(matching)
  })

  it.each([
    ['*', 'team/app', true],
    ['team/*', 'team/app', true],
    ['team/*', 'steam/app', false],
    ['team', 'steam/app', true],
    ['ab*ba', 'aba', false],
    ['a*b*c', 'a-c-b', false],
    ['a*b*c', 'a-b-c', true],
    ['**', 'x', true],
  ])('The filter %s for the repository %s: %s', (filter, name, expected) => {
    expect(matchesScanningFilter(filter, name)).toBe(expected)
  })
})

describe('the scanning of a repository', () => {
  const repository = { name: 'team/app', scanOnPush: false }

  it('A repository that no filter matches is scanned manually', () => {
    const rules = [rule('SCAN_ON_PUSH', 'other')]
    expect(scanningOf({ scanType: 'BASIC', rules }, repository)).toEqual({
      scanFrequency: 'MANUAL',
      appliedScanFilters: [],
    })
  })

  it('The filters that match are those that are applied', () => {
    const rules = [rule('SCAN_ON_PUSH', 'team/*', 'other', 'app')]
    expect(scanningOf({ scanType: 'BASIC', rules }, repository)).toEqual({
      scanFrequency: 'SCAN_ON_PUSH',
      appliedScanFilters: [
        { filter: 'team/*', filterType: 'WILDCARD' },
        { filter: 'app', filterType: 'WILDCARD' },
      ],
    })
  })

  it('The last rule that matches applies', () => {
    const rules = [rule('SCAN_ON_PUSH', '*'), rule('SCAN_ON_PUSH', 'team/*')]
    expect(scanningOf({ scanType: 'BASIC', rules }, repository).appliedScanFilters).toEqual([
      { filter: 'team/*', filterType: 'WILDCARD' },
    ])
  })

  it.each([
    [[rule('CONTINUOUS_SCAN', 'team/*'), rule('SCAN_ON_PUSH', '*')]],
    [[rule('SCAN_ON_PUSH', '*'), rule('CONTINUOUS_SCAN', 'team/*')]],
  ])('Continuous scanning overrides scan on push in any order of the rules', (rules) => {
    expect(scanningOf({ scanType: 'ENHANCED', rules }, repository).scanFrequency).toBe('CONTINUOUS_SCAN')
  })

  it('The repository’s own setting counts with basic scanning only', () => {
    const own = { ...repository, scanOnPush: true }
    expect(scanningOf({ scanType: 'BASIC', rules: [] }, own).scanFrequency).toBe('SCAN_ON_PUSH')
    expect(scanningOf({ scanType: 'BASIC', rules: [rule('MANUAL', '*')] }, own).scanFrequency).toBe('SCAN_ON_PUSH')
    expect(scanningOf({ scanType: 'ENHANCED', rules: [] }, own).scanFrequency).toBe('MANUAL')
  })
})
