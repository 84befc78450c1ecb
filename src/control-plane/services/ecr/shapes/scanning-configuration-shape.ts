import type { RegistryScanningConfiguration } from '@aws-sdk/client-ecr'
import type { ScanningConfiguration } from '../../../../registry/scanning/scanning-records.js'

/** A registry's scanning configuration as the API returns it. */
export const scanningConfigurationShape = ({
  scanType,
  rules,
}: ScanningConfiguration): RegistryScanningConfiguration => ({
  scanType,
  rules: rules.map(({ scanFrequency, repositoryFilters }) => ({
    scanFrequency,
    repositoryFilters: [...repositoryFilters],
  })),
})
