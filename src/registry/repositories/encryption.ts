import { createHash } from 'node:crypto'
import type { Registry } from '../registry.js'
import type { Repository } from './repository.js'

/** Encryption as a caller asks for it. */
export interface AskedEncryption {
  readonly encryptionType: Repository['encryption']['encryptionType']
  readonly kmsKey?: string | undefined
}

/**
 * A repository's encryption: KMS without a key means the account's AWS managed key for ECR, which is the same for every
 * repository of a Region. Nothing is encrypted here; the setting is kept and shown.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_EncryptionConfiguration.html
 */
export function acceptEncryption(
  { encryptionType, kmsKey }: AskedEncryption,
  registry: Registry,
): Repository['encryption'] {
  if (encryptionType === 'AES256') return { encryptionType }
  return { encryptionType, kmsKey: kmsKey ?? managedKeyArn(registry) }
}

function managedKeyArn({ account, region }: Registry): string {
  const hex = createHash('sha256').update(`aws/ecr ${account} ${region}`).digest('hex')
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
  return `arn:aws:kms:${region}:${account}:key/${id}`
}
