import { BatchGetRepositoryScanningConfigurationCommand } from '@aws-sdk/client-ecr'
import { failureOf } from '../../requests/request-failure.js'
import { useEcr } from '../../requests/use-ecr.js'
import { FREQUENCIES } from './repository-words.js'

/** How often the images of a repository are scanned: by its own setting, or by the registry's rules. */
export function ScanFrequency({ repository }: { readonly repository: string }) {
  const command = new BatchGetRepositoryScanningConfigurationCommand({ repositoryNames: [repository] })
  const { data, error } = useEcr('BatchGetRepositoryScanningConfiguration', command)
  if (error) return <>{failureOf(error).code}</>
  const { scanFrequency = '', appliedScanFilters = [] } = data?.scanningConfigurations?.[0] ?? {}
  const filters = appliedScanFilters.map(({ filter }) => filter).join(', ')
  return (
    <span title={filters === '' ? undefined : `By the registry's filters: ${filters}`}>
      {FREQUENCIES[scanFrequency] ?? '–'}
    </span>
  )
}
