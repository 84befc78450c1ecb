import type { RepositoryScanningConfiguration } from '@aws-sdk/client-ecr'
import type { Column } from '../../parts/resource-table.js'
import { ScanFrequencyText } from './scan-frequency-text.js'

/** How a repository is scanned, as it is and as it would be. */
export const SCANNING_COLUMNS: readonly Column<RepositoryScanningConfiguration>[] = [
  { id: 'name', header: 'Repository', isRowHeader: true, text: ({ repositoryName }) => repositoryName },
  {
    id: 'frequency',
    header: 'Scan frequency',
    text: ({ scanFrequency }) => scanFrequency,
    cell: ({ scanFrequency }) => <ScanFrequencyText frequency={scanFrequency} />,
  },
  {
    id: 'filters',
    header: 'Filters that match',
    text: ({ appliedScanFilters = [] }) => appliedScanFilters.map(({ filter }) => filter).join(', ') || undefined,
  },
]
