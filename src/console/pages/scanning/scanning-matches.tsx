import type { Repository, RepositoryScanningConfiguration } from '@aws-sdk/client-ecr'
import { useMemo } from 'react'
import { scanningOf } from '../../../registry/scanning/scanning-configuration.js'
import { useRepositories } from '../../parts/repository-select.js'
import { ResourceTable } from '../../parts/resource-table.js'
import { SCANNING_COLUMNS } from './scanning-columns.js'
import { type ScanningDraft, scanningConfigurationOf } from './scanning-draft.js'

/** What the configuration in the form would mean for each repository, before it is saved. */
export function ScanningMatches({ draft }: { readonly draft: ScanningDraft }) {
  const { data, error } = useRepositories()
  const items = useMemo(() => data?.map((repository) => appliedTo(repository, draft)), [data, draft])
  return (
    <ResourceTable
      title="Preview repository matches"
      things="repositories"
      description="How each would be scanned with this configuration."
      items={items}
      error={error}
      keyOf={({ repositoryName = '' }) => repositoryName}
      columns={SCANNING_COLUMNS}
      empty="There are no repositories yet: the filters apply to those that are created later."
    />
  )
}

function appliedTo(
  { repositoryName: name = '', imageScanningConfiguration }: Repository,
  draft: ScanningDraft,
): RepositoryScanningConfiguration {
  const scanOnPush = imageScanningConfiguration?.scanOnPush ?? false
  const { scanFrequency, appliedScanFilters } = scanningOf(scanningConfigurationOf(draft), { name, scanOnPush })
  return { repositoryName: name, scanFrequency, appliedScanFilters: [...appliedScanFilters] }
}
