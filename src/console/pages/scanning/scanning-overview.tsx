import {
  GetAccountSettingCommand,
  GetRegistryScanningConfigurationCommand,
  type RegistryScanningConfiguration,
} from '@aws-sdk/client-ecr'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useNavigate } from 'react-router'
import { FailureAlert } from '../../parts/failure-alert.js'
import { Page } from '../../parts/page.js'
import { ResourceTable } from '../../parts/resource-table.js'
import { useEcr } from '../../requests/use-ecr.js'
import { filtersOf, isAll } from './scanning-draft.js'
import { SCANNING_COLUMNS } from './scanning-columns.js'
import { MOST_SHOWN, useRepositoryScanning } from './use-repository-scanning.js'

/** The scanning configuration of the registry, and what follows from it for each repository. */
export function ScanningOverview() {
  const { data, error } = useEcr('GetRegistryScanningConfiguration', new GetRegistryScanningConfigurationCommand({}))
  const repositories = useRepositoryScanning()
  return (
    <Page title="Scanning" description="Which images of the registry are scanned for vulnerabilities, and when.">
      <SpaceBetween size="l">
        <FailureAlert error={error} />
        {data && <Configuration configuration={data.scanningConfiguration ?? {}} />}
        <ResourceTable
          title="Repositories"
          things="repositories"
          description={
            repositories.isCut
              ? `How each is scanned: the first ${MOST_SHOWN.toLocaleString('en')}.`
              : 'How each is scanned, by the filters of the registry and its own setting.'
          }
          items={repositories.data}
          error={repositories.error}
          keyOf={({ repositoryName = '' }) => repositoryName}
          columns={SCANNING_COLUMNS}
          empty="What follows from the configuration is shown here for each repository."
        />
      </SpaceBetween>
    </Page>
  )
}

function Configuration({ configuration }: { readonly configuration: RegistryScanningConfiguration }) {
  const navigate = useNavigate()
  const { scanType, rules = [] } = configuration
  const { data: version } = useEcr(
    'GetAccountSetting',
    new GetAccountSettingCommand({ name: 'BASIC_SCAN_TYPE_VERSION' }),
  )
  const isEnhanced = scanType === 'ENHANCED'
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={<Button onClick={() => void navigate('/private-registry/scanning/edit')}>Edit</Button>}
        >
          Scanning configuration
        </Header>
      }
    >
      <KeyValuePairs
        columns={3}
        items={[
          { label: 'Scan type', value: isEnhanced ? 'Enhanced scanning' : 'Basic scanning' },
          { label: 'Basic scan type version', value: version?.value ?? '–' },
          ...(isEnhanced
            ? [{ label: 'Continuous scanning filters', value: filtersText(filtersOf(rules, 'CONTINUOUS_SCAN')) }]
            : []),
          { label: 'Scan on push filters', value: filtersText(filtersOf(rules, 'SCAN_ON_PUSH')) },
        ]}
      />
    </Container>
  )
}

function filtersText(filters: readonly string[]): string {
  if (isAll(filters)) return 'All repositories'
  return filters.join(', ') || 'None'
}
