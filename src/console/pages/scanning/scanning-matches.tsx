import type { Repository } from '@aws-sdk/client-ecr'
import { useMemo } from 'react'
import { scanningOf } from '../../../registry/scanning/scanning-configuration.js'
import { useRepositories } from '../../parts/repository-select.js'
import { type Column, ResourceTable } from '../../parts/resource-table.js'
import { ScanFrequencyText } from './scan-frequency-text.js'
import { type ScanningDraft, scanningConfigurationOf } from './scanning-draft.js'

type Applied = ReturnType<typeof scanningOf> & { readonly name: string }

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
      keyOf={({ name }) => name}
      columns={COLUMNS}
      empty="There are no repositories yet: the filters apply to those that are created later."
    />
  )
}

function appliedTo(
  { repositoryName: name = '', imageScanningConfiguration }: Repository,
  draft: ScanningDraft,
): Applied {
  const scanOnPush = imageScanningConfiguration?.scanOnPush ?? false
  return { name, ...scanningOf(scanningConfigurationOf(draft), { name, scanOnPush }) }
}

const COLUMNS: readonly Column<Applied>[] = [
  { id: 'name', header: 'Repository', isRowHeader: true, text: ({ name }) => name },
  {
    id: 'frequency',
    header: 'Scan frequency',
    text: ({ scanFrequency }) => scanFrequency,
    cell: ({ scanFrequency }) => <ScanFrequencyText frequency={scanFrequency} />,
  },
  {
    id: 'filters',
    header: 'Filters that match',
    text: ({ appliedScanFilters }) => appliedScanFilters.map(({ filter }) => filter).join(', ') || undefined,
  },
]
