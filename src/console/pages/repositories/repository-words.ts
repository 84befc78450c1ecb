import type { EncryptionConfiguration, Repository } from '@aws-sdk/client-ecr'

/** Whether tags of a repository can be overwritten, as the AWS console says it. */
export function mutabilityText({
  imageTagMutability,
  imageTagMutabilityExclusionFilters = [],
}: Pick<Repository, 'imageTagMutability' | 'imageTagMutabilityExclusionFilters'>): string {
  const filters = imageTagMutabilityExclusionFilters.map(({ filter }) => filter).join(', ')
  const word = imageTagMutability?.startsWith('IMMUTABLE') === true ? 'Immutable' : 'Mutable'
  return filters === '' ? word : `${word}, except ${filters}`
}

const ENCRYPTIONS: Readonly<Record<string, string>> = {
  AES256: 'AES-256',
  KMS: 'AWS KMS',
  KMS_DSSE: 'AWS KMS (DSSE)',
}

/** How a repository is encrypted, as the AWS console says it. */
export const encryptionText = ({ encryptionType = 'AES256' }: Partial<EncryptionConfiguration> = {}): string =>
  ENCRYPTIONS[encryptionType] ?? encryptionType

/** How often images are scanned, as the AWS console says it. */
export const FREQUENCIES: Readonly<Record<string, string>> = {
  MANUAL: 'Manual',
  SCAN_ON_PUSH: 'Scan on push',
  CONTINUOUS_SCAN: 'Continuous scan',
}
